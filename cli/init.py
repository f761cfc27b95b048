"""`expansion init`: a folder to begin with, and the schemas that editors read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.output import as_json, echo, say
from expansion.text.for_people import ForPeople

if TYPE_CHECKING:
    from expansion.contract import Catalog
    from expansion.language.own_names import OwnNames

_STARTER = Path(__file__).parent / "starter"
_IGNORED = ".env\n*.env\n.expansion/\n"
_EVENTS = 500  # the commonest, that an editor proposes
_SCHEMAS = ".schema"  # in the starter a link, so that an editor finds them there too; in a new folder made anew


class AlreadyThere(ForPeople):
    """Files that `init` would write are there; it wrote nothing."""


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--schemas-only", is_flag=True, help="Only bring .schema/ and .env.example up to date.")
@click.option("--plain", is_flag=True, help="Schemas without the names of the folder's own files.")
@click.option("--json", "json_", is_flag=True, help="The names of the written files as JSON.")
def command(folder: Path, schemas_only: bool, plain: bool, json_: bool) -> None:
    """Make FOLDER with one trigger, its playbook and cases, made-up accounts to try it with, a settings template, and
    what deploys it: prefect.yaml with the schedules, and automations.

    Nothing that is there already is overwritten. `--schemas-only` writes what is generated again, after an update or
    when you have added facts, tiers, playbooks or cohorts: the schemas hold their names, so that your editor completes
    them, and the events that were seen.
    """
    written = _generated(folder, plain=plain) if schemas_only else _made(folder, plain=plain)
    if json_:
        as_json([path.as_posix() for path in written])
        return
    for path in written:
        echo(path.as_posix())
    if not schemas_only:
        say(_next(folder))


def _made(folder: Path, *, plain: bool = False) -> list[Path]:
    """Write all files of the starter, or none."""
    starter = {path.relative_to(_STARTER): path for path in sorted(_STARTER.rglob("*")) if path.is_file()}
    starter = {name: path for name, path in starter.items() if name.parts[0] != _SCHEMAS}
    _refuse_to_overwrite(folder, [*starter, Path(".gitignore"), Path(".env.example"), Path(_SCHEMAS)])
    for name, source in starter.items():
        _write(folder / name, source.read_text(encoding="utf-8"))
    _write(folder / ".gitignore", _IGNORED)
    return [*(folder / name for name in starter), folder / ".gitignore", *_generated(folder, plain=plain)]


def _refuse_to_overwrite(folder: Path, names: list[Path]) -> None:
    there = [name.as_posix() for name in names if (folder / name).exists()]
    if there:
        raise AlreadyThere(
            f"{folder} holds {', '.join(there[:3])}{' and more' if len(there) > 3 else ''} already; nothing was written"
            "\n\nhint: name a new folder, such as `expansion init my-playbooks`"
        )


def _generated(folder: Path, *, plain: bool) -> list[Path]:
    """What follows from the code: the schemas of the files, and the settings."""
    import integrations
    from cli.settings_list import env_example
    from expansion.language.own_names import OwnNames
    from expansion.language.schema import write_schemas

    catalog = integrations.catalog()
    names = OwnNames() if plain else own_names_of(folder, catalog)
    schemas = write_schemas(folder / _SCHEMAS, catalog, names)
    _write(folder / ".env.example", env_example())
    return [folder / ".env.example", *schemas]


def own_names_of(folder: Path, catalog: Catalog, playbooks: Path | None = None, home: Path | None = None) -> OwnNames:
    """The names in the folder's files, right or wrong, and the events that came; none where there are no files."""
    from expansion.language.model.mistakes import Mistakes
    from expansion.language.own_names import OwnNames, own_names
    from expansion.language.workspace import known_of
    from expansion.language.yaml.files import Folder

    try:
        known, _ = known_of(Folder(playbooks or folder / "playbooks"), catalog)
    except Mistakes:
        return OwnNames()
    return own_names(known).and_events(_stored_events(home or folder / ".expansion"))


def _stored_events(home: Path) -> list[str]:
    """The commonest events of a store; none where it cannot be read."""
    from expansion.usage.storage import manifest as manifests
    from expansion.usage.storage.looking import seen_events
    from expansion.usage.storage.store import UsageStore

    try:
        segments = manifests.load(home / "usage").segments
        return [one.event for one in seen_events(UsageStore(home / "usage"), segments)][:_EVENTS] if segments else []
    except manifests.StoreError:
        return []


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _next(folder: Path) -> str:
    enter = "" if folder == Path() else f"  cd {folder}\n"
    return (
        f"\nNext, and nothing of it is sent:\n{enter}"
        "  expansion check\n"
        "  expansion import sample/accounts.csv --map sample/accounts.map.yaml\n"
        "  expansion import sample/events.csv --map sample/events.map.yaml\n"
        "  expansion run --dry-run --as-of 2026-03-02T09:00:00Z\n"
        "  expansion explain export-limit a-200 --as-of 2026-03-02T09:00:00Z\n"
        "\nThen make the trigger yours: playbooks/triggers/export-limit.yaml. README.md says how to connect real "
        "systems and how to let it run by itself. Keep the folder in git (`git init`): a firing keeps its commit."
    )
