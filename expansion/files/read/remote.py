"""Files that lie elsewhere: `s3://bucket/folder/*.csv`, and what else fsspec reaches. An extra brings it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://.+")


def is_remote(argument: str) -> bool:
    """Whether an argument is an address rather than a path of this machine."""
    return _ADDRESS.fullmatch(argument) is not None


def at_remote(address: str, is_data: Callable[[PurePosixPath], bool]) -> tuple[list[str], str | None]:
    """The files at an address, a folder's or a pattern's too, or a sentence that says why there are none."""
    files, sentence = _reached(address)
    if sentence:
        return [], sentence
    scheme = address.partition("://")[0]
    try:
        if "*" in address or "?" in address:
            names = [str(name) for name in files.glob(address)]
        elif files.isdir(address):
            inside = _below(files, address)
            names = [name for name, short in inside if is_data(PurePosixPath(short))]
        else:
            names = [address] if files.exists(address) else []
    except Exception as error:  # each of fsspec's systems has errors of its own
        return [], _not_reached(address, error)
    named = [
        name if is_remote(name) else f"{scheme}://{name.lstrip('/') if scheme != 'file' else name}" for name in names
    ]
    return named, None if named else f"{address}: there is no such file; list its folder to see what there is"


def fetched(address: str, into: Path) -> str | None:
    """Copy a remote file; a sentence where that fails. What goes wrong with the copy itself is raised as it is."""
    files, sentence = _reached(address)
    if sentence:
        return sentence
    try:
        source = files.open(address, "rb")
    except Exception as error:
        return _not_reached(address, error)
    with source, into.open("wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
    return None


def _reached(address: str) -> tuple[Any, str | None]:
    scheme = address.partition("://")[0]
    try:
        import fsspec  # it comes with other packages, or with the extra
    except ImportError:
        return None, _needs(address)
    try:
        return fsspec.filesystem(scheme), None
    except (ImportError, ValueError) as error:
        if scheme in ("s3", "s3a"):
            return None, _needs(address)
        return None, f"{address}: cannot be reached ({error}); install what it names, or copy the files here first"


def _needs(address: str) -> str:
    return f"{address}: to read such an address an extra is needed: pip install 'expansion-triggers[s3]'"


def _not_reached(address: str, error: Exception) -> str:
    return f"{address}: cannot be read ({type(error).__name__}: {error}); look at the address and at your rights to it"


def _below(files: Any, address: str) -> list[tuple[str, str]]:
    base = str(files._strip_protocol(address)).rstrip("/")
    return [(str(name), str(name)[len(base) :].lstrip("/")) for name in sorted(files.find(address))]
