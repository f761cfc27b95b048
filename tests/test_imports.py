"""Who may import whom, held over the syntax tree of every file: decides <- talks <- runs <- commands."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = (
    "expansion",
    "integrations",
    "jobs",
    "flows",
    "web",
    "cli",
)  # each may import itself and what stands before it
OURS = {*LAYERS, "sandbox", "benchmarks", "tests"}

# Every room of the product, in the order of the house: a file imports its own room and rooms that stand before it.
# A room is a folder, or a file that stands by itself in expansion/. `*` is each system by itself.
ROOMS = (
    "expansion/text",
    "expansion/private_files.py",
    "expansion/waiting.py",
    "expansion/fields.py",
    "expansion/limits.py",
    "expansion/contract.py",
    "expansion/event_lines.py",
    "expansion/language/model",
    "expansion/language/yaml",
    "expansion/language/check",
    "expansion/language",
    "expansion/usage/forms",
    "expansion/usage/storage",
    "expansion/usage/identity",
    "expansion/usage",
    "expansion/usage/lines",
    "expansion/usage/pushed",
    "expansion/evaluate",
    "expansion/memory",
    "expansion/warehouse",
    "expansion/files/read",
    "expansion/files",
    "expansion/files/propose",
    "expansion/tables",
    "expansion/calendar",
    "expansion/accounts",
    "expansion/records",
    "expansion/explain/turns",
    "expansion/explain",
    "expansion/history",
    "expansion/steps",
    "expansion/follow",
    "expansion/ledger",
    "expansion/ledger/migrations",
    "expansion/ledger/migrations/versions",
    "expansion/react",
    "expansion/decide",
    "expansion/deliver",
    "expansion/measure",
    "expansion/plan",
    "expansion/forgetting.py",
    "integrations/kit",
    "integrations/*",
    "integrations",
    "jobs",
    "jobs/react",
    "jobs/reporting",
    "flows",
    "sandbox/sample",
    "sandbox/kit",
    "sandbox/*",
    "sandbox",
    "web",
    "web/serve",
    "web/report",
    "cli",
)
# The demo is the one command that runs the stand-ins.
MAY_IMPORT_SANDBOX = {"cli/demo.py", "cli/demo_history.py", "cli/demo_processes.py"}
NETWORK = {
    "aiohttp", "ftplib", "http", "httpx", "hubspot", "mixpanel_utils", "requests", "simple_salesforce", "slack_sdk",
    "smtplib", "socket", "socketserver", "urllib3", "uvicorn", "websockets",
}  # fmt: skip
# urllib.parse only takes addresses apart.
NETWORK_PARTS = {"urllib.request", "urllib.robotparser"}
# The name of this machine, to know a dead process of it from one of another machine; nothing is opened.
MAY_NAME_THE_MACHINE = {"expansion/ledger/holders.py": "socket.gethostname"}
# `expansion run` tags the run it starts and names the type of its state, inside the function that runs the flow.
MAY_NAME_PREFECT = {
    "cli/run.py": {"prefect", "prefect.tags", "prefect.client.schemas.objects", "prefect.client.schemas.objects.State"}
}
CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.localtime",
    "time.gmtime", "time.ctime",
}  # fmt: skip


def _files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every module a file imports, at the top or inside a function, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = path.relative_to(ROOT).parent.parts
            above = here[: len(here) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield node.lineno, base
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def called_clocks(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every `datetime.now` and the like that a file mentions, called or handed on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            found = [clock for clock in CLOCKS if text == clock or text.endswith(f".{clock}")]
            yield from ((node.lineno, clock) for clock in found)
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            names = [f"time.{alias.name}" for alias in node.names]
            yield from ((node.lineno, name) for name in names if name in CLOCKS)


Graph = dict[str, dict[str, int]]


def graph(files: Mapping[str, str]) -> Graph:
    """Which file imports which, and in which line: at the top, inside a function, or for its types alone."""
    modules = {_module(name): name for name in files}
    found: Graph = {}
    for name, text in files.items():
        said = imported(ROOT / name, ast.parse(text))
        hit = [(modules[module], line) for line, module in said if module in modules]
        found[name] = {target: line for target, line in reversed(hit) if target != name}
    return {name: _without_packages(targets) for name, targets in found.items()}


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _without_packages(targets: dict[str, int]) -> dict[str, int]:
    """`from a.b import c` of a module c is an import of c, though a.b is named with it."""
    of_modules = {line for name, line in targets.items() if not name.endswith("__init__.py")}
    return {n: line for n, line in targets.items() if not (n.endswith("__init__.py") and line in of_modules)}


def room(name: str) -> str | None:
    """The room a file lies in; None where no room is listed for it."""
    folder = name.rpartition("/")[0]
    parts = folder.split("/")
    each = name if name in ROOMS else f"{parts[0]}/*" if folder not in ROOMS and len(parts) == 2 else folder
    return each if each in ROOMS else None


def upward(files: Graph) -> list[str]:
    """Imports of a room that stands after one's own, and of one system by another."""
    return [
        f"{name}:{line} imports {target}"
        for name, targets in files.items()
        for target, line in targets.items()
        if _is_upward(name, target)
    ]


def _is_upward(name: str, target: str) -> bool:
    here, there = room(name), room(target)
    if here is None or there is None:
        return False  # said by the test that every file has a room
    if here == there and here.endswith("*"):
        return name.split("/")[1] != target.split("/")[1]
    return ROOMS.index(there) > ROOMS.index(here)


def circles(files: Graph) -> list[list[str]]:
    """Files that import each other, whether directly or by way of others."""
    reach = {name: _reached(name, files) for name in files}
    mutual = {name: frozenset({name} | {o for o in reach[name] if name in reach[o]}) for name in files}
    return sorted(sorted(one) for one in set(mutual.values()) if len(one) > 1)


def _reached(start: str, files: Graph) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = files[waiting.pop()].keys() - found
        found |= new
        waiting += new
    return found - {start}


@cache
def _product() -> Graph:
    every = [path for package in (*LAYERS, "sandbox") for path in _files(package) if "starter" not in path.parts]
    return graph({_name(path): path.read_text(encoding="utf-8") for path in every})


def _imports_of(package: str) -> Iterator[tuple[str, str]]:
    for path in _files(package):
        for line, module in imported(path, ast.parse(path.read_text(encoding="utf-8"))):
            yield f"{_name(path)}:{line}", module


def _top(module: str) -> str:
    return module.partition(".")[0]


def _file(place: str) -> str:
    return place.rpartition(":")[0]


def test_every_file_lies_in_a_room_of_the_list():
    nowhere = [name for name in _product() if room(name) is None and name != "expansion/__init__.py"]
    assert not nowhere, "list these rooms in their place in ROOMS:\n" + "\n".join(nowhere)
    empty = [one for one in ROOMS if one not in {room(name) for name in _product()}]
    assert not empty, f"no file lies in {empty}"


def test_no_import_runs_back_up():
    wrong = upward(_product())
    assert len(wrong) == 0, "\n".join(wrong)


def test_no_files_import_each_other_in_a_circle():
    wrong = circles(_product())
    assert len(wrong) == 0, "\n".join(" <-> ".join(one) for one in wrong)


@pytest.mark.parametrize("package", LAYERS)
def test_a_package_imports_only_itself_and_the_ones_before_it(package: str):
    allowed = {*LAYERS[: LAYERS.index(package) + 1]}
    wrong = [
        f"{place} imports {module}"
        for place, module in _imports_of(package)
        if _top(module) in OURS - allowed and not (_top(module) == "sandbox" and _file(place) in MAY_IMPORT_SANDBOX)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_stand_ins_import_nothing_of_ours():
    wrong = [f"{place} imports {module}" for place, module in _imports_of("sandbox") if _top(module) in {*LAYERS}]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", ["expansion", "integrations", "jobs", "web", "cli", "sandbox"])
def test_only_flows_import_prefect(package: str):
    wrong = [
        f"{place} imports {module}"
        for place, module in _imports_of(package)
        if _top(module) == "prefect" and not _may_name_prefect(place, module)
    ]
    assert not wrong, "\n".join(wrong)


def _may_name_prefect(place: str, module: str) -> bool:
    return module in MAY_NAME_PREFECT.get(_file(place), set())


def test_what_decides_has_no_network():
    wrong = [
        f"{place} imports {module}"
        for place, module in _imports_of("expansion")
        if (_top(module) in NETWORK or module in NETWORK_PARTS) and _file(place) not in MAY_NAME_THE_MACHINE
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", MAY_NAME_THE_MACHINE)
def test_the_name_of_the_machine_is_all_that_is_asked_of_a_socket(name: str):
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    used = {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "socket"}
    assert used == {MAY_NAME_THE_MACHINE[name]}
    modules = {module for _, module in imported(ROOT / name, tree)}
    assert {module for module in modules if _top(module) in NETWORK or module in NETWORK_PARTS} == {"socket"}


def test_what_decides_has_no_clock():
    wrong = [
        f"{_name(path)}:{line} reads {clock}"
        for path in _files("expansion")
        for line, clock in called_clocks(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not wrong, "\n".join(wrong)


def test_public_modules_say_what_their_functions_promise():
    """In expansion/ and integrations/, of modules without an underscore. What is one line long speaks for itself."""
    silent: list[str] = []
    for path in [*_files("expansion"), *_files("integrations")]:
        name = _name(path)
        if "/_" in name or "migrations" in name:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        silent += [] if ast.get_docstring(tree) else [f"{name} has no docstring"]
        silent += [f"{name}:{node.lineno} {node.name} has no docstring" for node in tree.body if _says_nothing(node)]
    assert not silent, "\n".join(silent)


def _says_nothing(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
        return False
    return ast.get_docstring(node) is None and (node.end_lineno or 0) - node.lineno > 3


# --- the rules can fail -----------------------------------------------------------------------------------------------


def test_an_import_inside_a_function_is_seen():
    tree = ast.parse("def f():\n    from flows import main\n    import prefect.flows\n")
    assert [module for _, module in imported(ROOT / "expansion/x.py", tree)] == [
        "flows", "flows.main", "prefect.flows",
    ]  # fmt: skip


def test_a_relative_import_is_seen():
    tree = ast.parse("from ..usage import store\nfrom . import words")
    found = [module for _, module in imported(ROOT / "expansion/language/x.py", tree)]
    assert found == [
        "expansion.usage", "expansion.usage.store", "expansion.language", "expansion.language.words",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "code",
    ["import datetime as d\nx = d.datetime.now()", "x = datetime.now(UTC)", "from time import time", "f(time.time)"],
)
def test_a_clock_is_seen(code: str):
    assert list(called_clocks(ast.parse(code)))


@pytest.mark.parametrize(
    ("name", "imports", "target"),
    [
        ("expansion/language/x.py", "from expansion.decide.y import z", "expansion/decide/y.py"),
        ("expansion/usage/x.py", "def f():\n    from expansion.evaluate import y", "expansion/evaluate/y.py"),
        ("expansion/language/model/x.py", "from expansion.language import y", "expansion/language/y.py"),
        ("expansion/steps/x.py", "if TYPE_CHECKING:\n    from integrations.kit.y import z", "integrations/kit/y.py"),
        ("integrations/kit/x.py", "from integrations.slack.y import z", "integrations/slack/y.py"),
        ("integrations/slack/x.py", "from integrations.hubspot.y import z", "integrations/hubspot/y.py"),
        ("jobs/x.py", "import flows.y", "flows/y.py"),
        ("flows/x.py", "from cli import y", "cli/y.py"),
        ("sandbox/kit/x.py", "from sandbox.slack.y import z", "sandbox/slack/y.py"),
    ],
)
def test_an_import_that_runs_back_up_is_seen(name: str, imports: str, target: str):
    found = graph({name: imports, target: ""})
    line = imports.count("\n") + 1
    assert upward(found) == [f"{name}:{line} imports {target}"]
    assert upward(graph({name: "", target: f"from {_module(name)} import z"})) == [] or name.split("/")[0] == (
        "integrations"
    ), "the other way is free, except between systems"


def test_a_circle_is_seen_however_it_is_closed():
    two = {"jobs/a.py": "from jobs import b", "jobs/b.py": "def f():\n    import jobs.a"}
    assert circles(graph(two)) == [["jobs/a.py", "jobs/b.py"]]
    three = {
        "flows/a.py": "from flows.b import x",
        "flows/b.py": "if TYPE_CHECKING:\n    from flows.c import X",
        "flows/c.py": "from . import a",
        "flows/d.py": "from flows.a import y",
    }
    assert circles(graph(three)) == [["flows/a.py", "flows/b.py", "flows/c.py"]]
    assert circles(graph(three | {"flows/c.py": ""})) == []


def test_a_room_that_nobody_listed_is_seen():
    assert room("expansion/attic/x.py") is None
    assert room("expansion/attic.py") is None
    assert room("expansion/usage/deep/x.py") is None
    assert room("attic/x.py") is None
    assert room("integrations/gainsight/x.py") == "integrations/*"
