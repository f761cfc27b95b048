"""Which encoding a text is in, told where it is certain, and guessed for people where it is not."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Sequence

from expansion.files.read.csv_layout import NoLayout

# Encodings that are still written, each with the scripts its letters beyond ASCII are of.
_LIKELY = (
    ("shift_jis", ("HIRAGANA", "KATAKANA", "CJK")),
    ("gb18030", ("CJK",)),
    ("euc_kr", ("HANGUL",)),
    ("cp1251", ("CYRILLIC",)),
    ("cp1252", ("LATIN",)),
)
_REPLACED = "\ufffd"  # what stands for bytes that are no text
_TELLING = 6  # bytes: in fewer, two letters of Western Europe pass for one of China or Japan
_FEW = 2  # one line alone that is not UTF-8, or some beside others that are, are damaged rows


def known_encoding(word: str | None) -> str | None:
    """The encoding that a map names, by its usual name."""
    if word is None:
        return None
    try:
        return codecs.lookup(word).name
    except LookupError:
        raise NoLayout(
            f"`encoding: {word}` is none that is known; write one such as utf-8, cp1252 or latin-1"
        ) from None


def check_utf8(sample: bytes) -> None:
    """Raise NoLayout, with the encoding it looks like, where a text is as a whole not UTF-8."""
    if wide := _wide(sample):
        raise NoLayout(_written(wide))
    if _is_utf8(sample[: sample.rfind(b"\n") + 1 or len(sample)]):
        return
    beyond = [line for line in sample.splitlines() if not line.isascii()]
    bad = [line for line in beyond if not _is_utf8(line)]
    if len(bad) >= _FEW and len(bad) == len(beyond):
        raise NoLayout(_written(_looks_like(bad)))


def check_names(names: Sequence[str], sample: bytes) -> None:
    """Raise NoLayout where the heading is not UTF-8: of one damaged row only that row is lost, of a heading all."""
    if any(_REPLACED in name for name in names) and _REPLACED.encode() not in sample:
        raise NoLayout(_written(_looks_like([line for line in sample.splitlines() if not _is_utf8(line)])))


def _written(encoding: str) -> str:
    return (
        f"is not UTF-8 text; it looks like {encoding}: write `read: {{encoding: {encoding}}}` in the map if it is, "
        "or save the file as UTF-8"
    )


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: every other byte is a NUL."""
    if b"\0" not in sample[:400]:
        return None
    even, odd = sample[0:400:2].count(0), sample[1:400:2].count(0)
    size = len(sample[:400]) // 2
    return "utf-16-le" if odd > 0.8 * size else "utf-16-be" if even > 0.8 * size else None


def _looks_like(lines: Sequence[bytes]) -> str:
    text = b"\n".join(lines[:200])
    if sum(byte > 0x7F for byte in text) < _TELLING:
        return "cp1252"
    shares = [(_share(text, encoding, scripts), encoding) for encoding, scripts in _LIKELY]
    likely = [encoding for share, encoding in shares if share > 0.8]
    return likely[0] if likely else "cp1252"


def _share(text: bytes, encoding: str, scripts: Sequence[str]) -> float:
    """How many of the letters beyond ASCII are of these scripts, if they come in words as letters do."""
    try:
        letters = [sign for sign in text.decode(encoding) if sign > "\x7f" and sign.isalpha()]
    except UnicodeDecodeError:
        return 0.0
    beyond = sum(byte > 0x7F for byte in text)
    fitting = sum(unicodedata.name(sign, "").startswith(tuple(scripts)) for sign in letters)
    in_words = encoding != "cp1251" or len(letters) > 0.3 * sum(sign.isalpha() for sign in text.decode(encoding))
    return fitting / max(1, len(letters)) if in_words and letters and beyond else 0.0


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
