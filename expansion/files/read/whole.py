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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial as partial_of
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import pyarrow as pa

from expansion.files.read.bounds import FREELY, SWELLS
from expansion.files.read.found import PACKED, FoundFile, found_file, kind_by_name, unpacked_name
from expansion.files.read.remote import fetched, is_remote
from expansion.files.read.rows import Unusable
from expansion.usage.storage.manifest import room_in

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
    partial: bool = False  # only its beginning was unpacked

    def changed(self) -> str | None:
        """A sentence, if the file is no longer what it was when it was opened."""
        return None if _stamp(self.path) == self.stamp else _changed(self.file.name)

    def gone(self) -> None:
        """Remove the working copy, if it is one."""
        if self.staged:
            self.path.unlink(missing_ok=True)


class _NotWhole(Exception):
    """Why a file cannot be brought into a form that can be read."""


def whole(file: FoundFile, scratch: Path, beginning: int | None = None) -> Iterator[Whole | Unusable]:
    """The file, or each file that is packed in it; of a packed text no more than its `beginning`, if that is given."""
    opening = _Opening(scratch, beginning)
    try:
        if is_remote(file.path):
            yield from opening.opened(file, opening.fetched(file), staged=True)
        else:
            yield from opening.opened(file, Path(file.path))
    except _NotWhole as error:
        yield Unusable(file, str(error))


@dataclass(frozen=True)
class _Opening:
    """Opens files, and what is packed in them, into a folder for working copies."""

    scratch: Path
    beginning: int | None

    def fetched(self, file: FoundFile) -> Path:
        """A copy of a file that lies elsewhere."""
        copy = self._copy()
        with room_in(self.scratch):
            sentence = fetched(file.path, copy)
        if sentence:
            copy.unlink(missing_ok=True)
            raise _NotWhole(sentence)
        return copy

    def opened(
        self, file: FoundFile, path: Path, staged: bool = False, depth: int = 0, partial: bool = False
    ) -> Iterator[Whole | Unusable]:
        """The file, or what is packed in it."""
        try:
            at = Whole(file, path, _kind(file.name, path, depth), _stamp(path), staged, partial)
            if at.kind in _PACKINGS and depth == _DEEPEST:
                raise _NotWhole(f"{file.name}: is packed {_DEEPEST} times over; unpack it, and import what is in it")
        except OSError as error:
            why = error.strerror or str(error)
            raise _NotWhole(f"{file.name}: cannot be opened ({why}); look at its path and its rights") from error
        except _NotWhole:
            if staged:
                path.unlink(missing_ok=True)
            raise
        if at.kind not in _PACKINGS:
            yield at
            return
        try:
            yield from self._zipped(at, depth) if at.kind == "zip" else self._unpacked(at, depth)
        finally:
            at.gone()

    def _unpacked(self, packed: Whole, depth: int) -> Iterator[Whole | Unusable]:
        def stream() -> IO[bytes]:
            return cast("IO[bytes]", _STREAMS[packed.kind](packed.path))

        name = packed.file.name
        copy = self._copy()
        try:
            _, partial = self._copied(stream, copy, _bound(packed), packed.file)
        except _CUT as error:
            copy.unlink(missing_ok=True)
            raise _NotWhole(
                f"{name}: is cut off or damaged ({_short(error)}); fetch or write the file again"
            ) from error
        if sentence := packed.changed():
            copy.unlink(missing_ok=True)
            raise _NotWhole(sentence)
        yield from self.opened(packed.file, copy, True, depth + 1, partial)

    def _zipped(self, packed: Whole, depth: int) -> Iterator[Whole | Unusable]:
        file, left = packed.file, _bound(packed)
        copy = self._copy()
        try:
            with zipfile.ZipFile(packed.path) as archive:
                members = [each for each in archive.infolist() if _is_member(each)]
                if not members:
                    raise _NotWhole(f"{file.name}: holds no file; look at how it was packed")
                for member in members:
                    inner, copy = _inner(file, member.filename), self._copy()
                    size, partial = self._copied(partial_of(archive.open, member), copy, left, inner)
                    left -= size
                    yield from self._member(inner, copy, depth, partial)
        except (*_CUT, RuntimeError, NotImplementedError) as error:
            copy.unlink(missing_ok=True)
            why = _short(error)
            raise _NotWhole(f"{file.name}: cannot be unpacked ({why}); fetch it again, or pack it anew") from error
        if sentence := packed.changed():
            raise _NotWhole(sentence)

    def _member(self, inner: FoundFile, copy: Path, depth: int, partial: bool) -> Iterator[Whole | Unusable]:
        """A file out of an archive. One that cannot be used stops no other."""
        try:
            yield from self.opened(inner, copy, True, depth + 1, partial)
        except _NotWhole as error:
            yield Unusable(inner, str(error))

    def _copied(self, stream: Callable[[], IO[bytes]], copy: Path, bound: int, file: FoundFile) -> tuple[int, bool]:
        """Unpack into a file of its own, within bounds; how many bytes that were, and whether there are more."""
        with stream() as source:
            size, more = self._write(source, copy, bound, self.beginning, file)
        if more and _kind(file.name, copy, 1) not in ("text", "json"):
            with stream() as source:
                size, more = self._write(source, copy, bound, None, file)
        return size, more

    def _write(
        self, source: IO[bytes], copy: Path, bound: int, beginning: int | None, file: FoundFile
    ) -> tuple[int, bool]:
        size = 0
        with room_in(self.scratch), copy.open("wb") as out:
            while block := source.read(1 << 20):
                size += len(block)
                if size > bound:
                    copy.unlink()
                    raise _NotWhole(
                        f"{file.name}: unpacks to more than {SWELLS} times its size and {FREELY >> 30} GB, which no "
                        "table does; unpack it yourself if it is what it should be, and import that"
                    )
                out.write(block)
                if beginning is not None and size >= beginning:
                    return size, True
        return size, False

    def _copy(self) -> Path:
        return self.scratch / f"{uuid.uuid4().hex[:16]}.copy"


def _inner(archive: FoundFile, name: str) -> FoundFile:
    inside = found_file(name)
    parts = {**archive.parts, **inside.parts}
    return FoundFile(f"{archive.path}/{name}", f"{archive.name}: {name}", parts, inside.table)


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
    if certain is None and named is None and _is_binary(head):
        raise _NotWhole(f"{name}: is no text, and no other kind of file that is known; give it the name of what it is")
    told = named is not None and not unpacked_name(name).lower().endswith((".txt", ".dat"))
    return cast(str, named) if told else "json" if looks_json else "text"


def _not_what_it_says(name: str, head: bytes) -> str:
    what = PurePosixPath(name).suffix
    if not head:
        return f"{name}: is empty; write it again at its source, or leave it out"
    return f"{name}: is no {what} file, though its name says so; give it the name of what it is, or write it again"


def _is_binary(head: bytes) -> bool:
    """Whether a beginning holds what no text does, in UTF-16 either."""
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return not marked and any(sign in head for sign in (1, 2, 3, 4, 5, 6, 14, 15, 16))


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


def _zstd(path: Path) -> Any:
    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")


_STREAMS: dict[str, Any] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open, "zst": _zstd}


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _changed(name: str) -> str:
    return f"{name}: was changed while it was read; import it again when it is whole"


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
