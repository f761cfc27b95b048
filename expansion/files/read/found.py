"""Which files are meant: paths, folders, patterns, folders that name a column (`dt=2025-03-01`)."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from expansion.files.read.bounds import MOST_FILES
from expansion.files.read.remote import at_remote, is_remote

# What a file can be by its name, the packing aside.
KINDS = {
    ".csv": "text", ".tsv": "text", ".tab": "text", ".txt": "text", ".psv": "text", ".dat": "text",
    ".json": "json", ".jsonl": "json", ".ndjson": "json", ".geojson": "json",
    ".parquet": "parquet", ".pq": "parquet", ".parq": "parquet",
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xlsx", ".xlsb": "xlsx", ".ods": "xlsx",
    ".avro": "avro", ".orc": "orc",
}  # fmt: skip
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zstd", ".zip")
_KEY = re.compile(r"([A-Za-z_][\w.-]*)=(.*)")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_OF_MOMENTS = re.compile(r"(?<=\d)[TtZz](?![^\W\d_])")  # 20250301T101500Z
_PART = re.compile(r"(?i)part-?\d+.*")  # what Spark and its like call the files of one table, all in one folder
_EDGE = " \t_-.,()[]{}+~#=:"


@dataclass(frozen=True)
class FoundFile:
    """A file to read. `path` may be a URL; `name` is what people are shown of it.

    `parts` are the columns that its folders name, and `table` is what its rows are rows of.
    """

    path: str
    name: str
    parts: Mapping[str, str] = field(default_factory=dict)
    table: str = "rows"


def found(arguments: Sequence[str]) -> tuple[list[FoundFile], list[str]]:
    """The files that are meant, each once, in the order a person would count them; and what names nothing."""
    files: dict[str, FoundFile] = {}
    sentences = []
    for argument in arguments:
        paths, sentence = _named(argument)
        if sentence:
            sentences.append(sentence)
        files.update({path: found_file(path) for path in paths if path not in files})
    if len(files) > MOST_FILES:
        return [], [f"{len(files)} files are named, and {MOST_FILES} are read at most; import them folder by folder"]
    return sorted(files.values(), key=lambda file: _natural(file.path)), sentences


def found_file(path: str) -> FoundFile:
    """A file by its path alone; nothing is opened."""
    folders = PurePosixPath(path).parts[:-1]
    keys = [match for folder in folders if (match := _KEY.fullmatch(folder))]
    above = [folder for folder in folders if not _KEY.fullmatch(folder)]
    stem = stem_of(path)
    if above and (keys or _PART.fullmatch(stem)):
        stem = above[-1]
    return FoundFile(path, path, {match[1]: _unquoted(match[2]) for match in keys}, table_of(stem))


def table_of(stem: str) -> str:
    """What the rows of a file are called: its stem without digits and dates, in lower case."""
    bare = re.sub(r"\d+", " ", _OF_MOMENTS.sub(" ", _UUID.sub(" ", stem)))
    bare = re.sub(r"[\W_]+", lambda run: run[0].strip()[:1] or "_", bare).strip(_EDGE)
    return bare.lower() or stem.strip(_EDGE).lower() or "rows"


def stem_of(path: str) -> str:
    """The name of a file without its folders, and without the ends that say what it is and how it is packed."""
    name = unpacked_name(PurePosixPath(path).name)
    end = PurePosixPath(name).suffix
    return name.removesuffix(end) if end.lower() in KINDS else name


def kind_by_name(name: str) -> str | None:
    """What a file holds by its name, packed or not; None where the name does not say."""
    return KINDS.get(PurePosixPath(unpacked_name(name)).suffix.lower())


def unpacked_name(name: str) -> str:
    """The name without the ends that say how the file is packed."""
    while PurePosixPath(name).suffix.lower() in PACKED:
        name = name[: -len(PurePosixPath(name).suffix)]
    return name


def _named(argument: str) -> tuple[list[str], str | None]:
    if is_remote(argument):
        return at_remote(argument, _is_data)
    path = Path(argument)
    if path.is_dir():
        inside = [str(each) for each in sorted(path.rglob("*")) if each.is_file() and _is_data(each.relative_to(path))]
        return inside, None if inside else f"{argument}: this folder holds no file of a known kind ({_kinds()})"
    if path.exists():
        return [argument], None
    if glob.has_magic(argument):
        matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207  the path may begin at the root
        matched = [name for each in matches for name in _expanded(each)]
        return matched, None if matched else f"{argument}: no file is called so; look at the folder before the sign"
    return [], f"{argument}: there is no such file; look at its folder, and write the path from where you are"


def _expanded(path: str) -> Iterator[str]:
    """A match of a pattern: itself, or the files of the folder that it is."""
    if Path(path).is_dir():
        yield from _named(path)[0]
    else:
        yield path


def _is_data(path: Path | PurePosixPath) -> bool:
    """Whether a file in a folder is meant: of a known kind, and neither hidden nor a mark such as `_SUCCESS`."""
    hidden = any(part.startswith((".", "_")) and not _KEY.fullmatch(part) for part in path.parts)
    return not hidden and (kind_by_name(path.name) is not None or path.suffix.lower() in PACKED)


def _kinds() -> str:
    return ", ".join(KINDS)


def _unquoted(value: str) -> str:
    """A value of a hive folder: `%2F` stands for `/`, and a word of its own for no value."""
    value = re.sub(r"%([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), value)
    return "" if value == "__HIVE_DEFAULT_PARTITION__" else value


def _natural(path: str) -> list[tuple[int, int, str]]:
    """snapshot-2 stands before snapshot-10."""
    parts = re.split(r"(\d+)", path)
    return [(0, int(part), "") if at % 2 else (1, 0, part) for at, part in enumerate(parts)]
