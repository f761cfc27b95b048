"""Files brought into a form that can be read in place: fetched, unpacked and known by kind, wholly, before any row.

What is packed or lies elsewhere is copied into the scratch folder first. So a file that is cut off half-way, or swells
beyond all measure, is known before a row of it is handed on.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import pyarrow as pa

from expansion.files.bounds import FREELY, SWELLS
from expansion.files.found import PACKED, FoundFile, found_file, kind_by_name, unpacked_name
from expansion.files.remote import fetched, is_remote
from expansion.files.rows import Unusable
from expansion.usage.manifest import room_in

_MAGIC = {
    b"PAR1": "parquet", b"ORC": "orc", b"Obj\x01": "avro", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst", b"\xd0\xcf\x11\xe0": "xlsx",
}  # fmt: skip
_PACKINGS = ("gz", "bz2", "xz", "zst", "zip")
_DEEPEST = 4  # packings within packings
_CUT = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowException)


@dataclass(frozen=True)
class Whole:
    """A file that lies unpacked on this machine. `stamp` is its size and its time, to know whether it changes."""

    file: FoundFile
    path: Path
    kind: str  # text, json, parquet, xlsx, avro, orc
    stamp: tuple[int, int]
    staged: bool = False

    def changed(self) -> str | None:
        """A sentence, if the file is no longer what it was when it was opened."""
        return None if _stamp(self.path) == self.stamp else _changed(self.file.name)

    def gone(self) -> None:
        """Remove the working copy, if it is one."""
        if self.staged:
            self.path.unlink(missing_ok=True)


class _NotWhole(Exception):
    """Why a file cannot be brought into a form that can be read."""


def whole(file: FoundFile, scratch: Path) -> Iterator[Whole | Unusable]:
    """The file, or each file that is packed in it."""
    try:
        if is_remote(file.path):
            with room_in(scratch):
                copy = _copy_name(scratch)
                sentence = fetched(file.path, copy)
            if sentence:
                raise _NotWhole(sentence)
            yield from _opened(file, copy, scratch, staged=True)
        else:
            yield from _opened(file, Path(file.path), scratch)
    except _NotWhole as error:
        yield Unusable(file, str(error))


def _opened(
    file: FoundFile, path: Path, scratch: Path, staged: bool = False, depth: int = 0
) -> Iterator[Whole | Unusable]:
    try:
        stamp = _stamp(path)
        kind = _kind(file.name, path, depth)
    except OSError as error:
        raise _NotWhole(f"{file.name}: cannot be opened ({error.strerror}); look at its path and its rights") from error
    at = Whole(file, path, kind, stamp, staged)
    if kind not in _PACKINGS:
        yield at
        return
    if depth == _DEEPEST:
        at.gone()
        raise _NotWhole(f"{file.name}: is packed {_DEEPEST} times over; unpack it, and import what is in it")
    try:
        yield from _unpacked(at, scratch, depth)
    finally:
        at.gone()


def _unpacked(packed: Whole, scratch: Path, depth: int) -> Iterator[Whole | Unusable]:
    name = packed.file.name
    if packed.kind == "zip":
        yield from _zipped(packed, scratch, depth)
        return
    copy = _copy_name(scratch)
    try:
        with packed.path.open("rb") as source, cast("IO[bytes]", _STREAMS[packed.kind](source)) as stream:
            _copied(stream, copy, _bound(packed), name, scratch)
    except _CUT as error:
        copy.unlink(missing_ok=True)
        raise _NotWhole(f"{name}: is cut off or damaged ({_short(error)}); fetch or write the file again") from error
    if sentence := packed.changed():
        copy.unlink(missing_ok=True)
        raise _NotWhole(sentence)
    yield from _opened(packed.file, copy, scratch, staged=True, depth=depth + 1)


def _zipped(packed: Whole, scratch: Path, depth: int) -> Iterator[Whole | Unusable]:
    file, left = packed.file, _bound(packed)
    copy = _copy_name(scratch)
    try:
        with zipfile.ZipFile(packed.path) as archive:
            members = [each for each in archive.infolist() if _is_member(each)]
            if not members:
                raise _NotWhole(f"{file.name}: holds no file; look at how it was packed")
            for member in members:
                copy = _copy_name(scratch)
                with archive.open(member) as stream:
                    left -= _copied(stream, copy, left, file.name, scratch)
                yield from _member(file, member.filename, copy, scratch, depth)
    except (*_CUT, RuntimeError, NotImplementedError) as error:
        copy.unlink(missing_ok=True)
        raise _NotWhole(
            f"{file.name}: cannot be unpacked ({_short(error)}); fetch it again, or pack it anew"
        ) from error
    if sentence := packed.changed():
        raise _NotWhole(sentence)


def _member(file: FoundFile, name: str, copy: Path, scratch: Path, depth: int) -> Iterator[Whole | Unusable]:
    """A file out of an archive. One that cannot be used stops no other."""
    inside = found_file(name)
    parts = {**file.parts, **inside.parts}
    inner = FoundFile(f"{file.path}/{name}", f"{file.name}: {name}", parts, inside.table)
    try:
        yield from _opened(inner, copy, scratch, staged=True, depth=depth + 1)
    except _NotWhole as error:
        copy.unlink(missing_ok=True)
        yield Unusable(inner, str(error))


def _copied(stream: IO[bytes], copy: Path, bound: int, name: str, scratch: Path) -> int:
    """Unpack into a file of its own, within bounds; how many bytes that were."""
    size = 0
    with room_in(scratch), copy.open("wb") as out:
        while block := stream.read(1 << 20):
            size += len(block)
            if size > bound:
                copy.unlink()
                raise _NotWhole(
                    f"{name}: unpacks to more than {SWELLS} times its size and {FREELY >> 30} GB, which no table does; "
                    "unpack it yourself if it is what it should be, and import that"
                )
            out.write(block)
    return size


def _bound(packed: Whole) -> int:
    return max(FREELY, SWELLS * packed.stamp[0])


def _kind(name: str, path: Path, depth: int) -> str:
    """What a file is: by its first bytes where they are certain, else by its name, else by the look of its text."""
    with path.open("rb") as file:
        head = file.read(512)
    certain = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    named = kind_by_name(name)
    if certain == "zip" and _is_workbook(path):
        return "xlsx"
    says_packed = depth == 0 and name.lower().endswith(PACKED)
    if certain is None and (named in ("parquet", "xlsx", "avro", "orc") or says_packed):
        raise _NotWhole(_not_what_it_says(name, head))
    if head[257:262] == b"ustar":
        raise _NotWhole(f"{name}: is a tar archive; unpack it, and import what is in it")
    if certain:
        return certain
    looks_json = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
    told = named is not None and not unpacked_name(name).lower().endswith((".txt", ".dat"))
    return cast(str, named) if told else "json" if looks_json else "text"


def _not_what_it_says(name: str, head: bytes) -> str:
    what = PurePosixPath(name).suffix
    if not head:
        return f"{name}: is empty; write it again at its source, or leave it out"
    return f"{name}: is no {what} file, though its name says so; give it the name of what it is, or write it again"


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False
    # .xlsx and its kin, and .ods
    return "[Content_Types].xml" in names or {"mimetype", "content.xml"} <= names


def _is_member(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    return not member.is_dir() and not any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _zstd(source: IO[bytes]) -> Any:
    return pa.CompressedInputStream(source, "zstd")


_STREAMS: dict[str, Any] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open, "zst": _zstd}


def _copy_name(scratch: Path) -> Path:
    return scratch / f"{uuid.uuid4().hex[:16]}.copy"


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _changed(name: str) -> str:
    return f"{name}: was changed while it was read; import it again when it is whole"


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
