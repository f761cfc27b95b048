"""The rights that a token has, against the least that an integration needs: one wording for all systems."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from integrations.kit.declare import Finding, Names, Right

LISTED = "docs/systems.md lists what is needed"


def needed(rights: Sequence[Right], used: Names | None) -> list[str]:
    """The names of the rights that what is used needs; `used` None: of all."""
    wanted = (right.name for right in rights if right.only_for is None or used is None or right.only_for in used)
    return list(dict.fromkeys(wanted))


def compared(
    kind: str,
    wanted: Sequence[str],
    held: Collection[str],
    *,
    give: str,
    take_away: str,
    unremarkable: Collection[str] = (),
) -> list[Finding]:
    """What is missing is a problem; what is more than needed a warning. `kind`: what the vendor calls rights.

    `give` and `take_away` say where, with `{names}` in them. What is `unremarkable` is neither missed nor too much.
    """
    missing = [name for name in wanted if name not in held]
    findings = [
        Finding(f"{kind} missing: {', '.join(missing)}", False, give.format(names=", ".join(missing)))
        if missing
        else Finding(f"{kind}: {', '.join(wanted)}", True)
    ]
    return [*findings, *surplus(kind, {*held} - {*wanted, *unremarkable}, take_away)]


def surplus(kind: str, names: Iterable[str], take_away: str) -> list[Finding]:
    """A warning that names what to take away; nothing where there is nothing."""
    named = ", ".join(sorted(names))
    if not named:
        return []
    return [Finding(f"more {kind} than needed: {named}", True, take_away.format(names=named), "warning")]


def not_told(kind: str, because: object) -> Finding:
    """The system would not say what the token may do."""
    remedy = f"{because}\n{LISTED}; compare by hand"
    return Finding(f"which {kind} it has cannot be told", True, remedy, "warning")
