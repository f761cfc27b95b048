"""`expansion map`: looks at files and proposes the map to import them by."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.output import as_json, document, many, say, table
from expansion.text.for_people import ForPeople

if TYPE_CHECKING:
    from expansion.files.propose.proposals import Proposal
    from expansion.files.propose.ready import Ready


class NoMap(ForPeople):
    """Nothing that a map could be proposed of, or a ready map that there is not."""


@click.command("map")
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--facts-yaml", is_flag=True, help="What facts.yaml says as a document of its own, not as comments.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), help="A file for each table, TABLE.map.yaml.")
@click.option("--read", "read", multiple=True, metavar="WORD=VALUE", help="A word of `read:`, such as encoding=cp1252.")
@click.option("--ready", is_flag=True, help="The ready maps; with their names in place of files, the maps themselves.")
@click.option("--json", "json_", is_flag=True, help="The maps as JSON.")
def command(
    files: tuple[str, ...], facts_yaml: bool, into: Path | None, read: tuple[str, ...], ready: bool, json_: bool
) -> None:
    """Look at FILEs, or folders of them, and propose the map for each table: events or facts, and which column is what.

    The map goes to stdout: `expansion map tickets.csv > tickets.map.yaml`. Each line says what the first rows have
    there, and what is in doubt stands above it in words; the map can be imported as it is. Tables that Fivetran,
    Airbyte, dlt and Singer write, and the exports of the systems, are known by their columns.
    """
    if ready:
        _ready(files, json_)
        return
    if not files:
        raise click.UsageError("name files or folders to look at; `--ready` lists the ready maps")
    proposals, sentences = _proposed(files, _read_words(read))
    for sentence in sentences:
        say(sentence)
    if into:
        _write(proposals, into, facts_yaml)
    elif json_:
        as_json([_told(one, facts_yaml) for one in proposals])
    else:
        _print(proposals, facts_yaml)
    sys.exit(1 if sentences else 0)


def _proposed(files: Sequence[str], read: dict[str, Any]) -> tuple[list[Proposal], list[str]]:
    from expansion.files.propose.propose import propose
    from expansion.files.propose.tables import tables

    found, sentences = tables(files, read=read)
    if not found:
        raise NoMap("\n".join(sentences))
    proposals, doubts = propose(found)
    if not proposals:
        raise NoMap("\n".join([*sentences, *doubts]))
    return proposals, [*sentences, *doubts]


def _read_words(given: Sequence[str]) -> dict[str, Any]:
    """The words of `--read`, as a map has them under `read:`."""
    from pydantic import ValidationError

    from expansion.files.maps import ReadMap

    said: dict[str, Any] = {}
    for one in given:
        word, equals, value = one.partition("=")
        if not equals:
            raise click.UsageError(f"--read takes a word and its value, such as encoding=cp1252; not `{one}`")
        said[word] = value.split(",") if word == "columns" else int(value) if value.isdigit() else value
    try:
        ReadMap.model_validate(said)
    except ValidationError as error:
        words = ", ".join(ReadMap.model_fields)
        raise click.UsageError(f"--read takes the words of `read:` in a map: {words}; not {' '.join(given)}") from error
    return said


def _print(proposals: Sequence[Proposal], facts_yaml: bool) -> None:
    from expansion.files.propose.map_text import map_text

    texts = [map_text(one, facts_apart=facts_yaml) for one in proposals]
    if len(texts) == 1:
        document(texts[0])
        return
    for one, text in zip(proposals, texts, strict=True):
        document(f"--- # {_file_name(one)}\n{text}\n")
    say(f"these are {many(len(texts), 'map')}, each for a file of its own: `--into FOLDER` writes them")


def _write(proposals: Sequence[Proposal], into: Path, facts_yaml: bool) -> None:
    """A file for each map. What is there already was perhaps edited: it is left as it is."""
    from expansion.files.propose.map_text import map_text

    into.mkdir(parents=True, exist_ok=True)
    for one in proposals:
        path = into / _file_name(one)
        if path.exists():
            say(f"{path}: is there already and is left as it is")
            continue
        path.write_text(map_text(one, facts_apart=facts_yaml), encoding="utf-8")
        say(f"{path}: {one.kind}{f', by {one.ready}' if one.ready else ''}")


def _file_name(proposal: Proposal) -> str:
    return f"{proposal.table.replace(' ', '_')}.map.yaml"


def _told(proposal: Proposal, facts_yaml: bool) -> dict[str, Any]:
    from expansion.files.propose.map_text import facts_text, map_text

    return {
        "table": proposal.table,
        "kind": proposal.kind,
        "ready_name": proposal.ready,
        "map": map_text(proposal, facts_apart=facts_yaml),
        "facts_yaml": facts_text(proposal) or None,
        "doubts": [*proposal.notes, *(doubt for word in proposal.words for doubt in word.doubts)],
    }


def _ready(names: Sequence[str], json_: bool) -> None:
    from expansion.files.propose.ready import ready_maps

    known = {one.name: one for one in ready_maps()}
    chosen = [_known(name, known) for name in names]
    if json_:
        shown = chosen or list(known.values())
        as_json([{"name": one.name, "title": one.title, "map": one.text if chosen else None} for one in shown])
    elif chosen:
        document("---\n".join(one.text for one in chosen))
    else:
        table([{"map": one.name, "for": one.title} for one in known.values()])


def _known(name: str, known: dict[str, Ready]) -> Ready:
    from difflib import get_close_matches

    if name in known:
        return known[name]
    near = get_close_matches(name, known, 1)
    hint = f"did you mean `{near[0]}`?" if near else "`expansion map --ready` lists them"
    raise NoMap(f"there is no ready map `{name}`\n\nhint: {hint}")
