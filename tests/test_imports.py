"""Who may import whom, held over the syntax tree of every file: decides <- talks <- runs <- commands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("expansion", "integrations", "flows", "cli")  # each may import itself and what stands before it
OURS = {*LAYERS, "sandbox", "benchmarks", "tests"}
# The demo is the one command that runs the stand-ins.
MAY_IMPORT_SANDBOX = {"cli/demo.py", "cli/local.py"}
NETWORK = {
    "aiohttp", "ftplib", "http", "httpx", "hubspot", "mixpanel_utils", "requests", "simple_salesforce", "slack_sdk",
    "smtplib", "socket", "socketserver", "urllib3", "websockets",
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
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module or ""
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = path.relative_to(ROOT).parent.parts
            yield node.lineno, ".".join([*here[: len(here) - node.level + 1], node.module or ""])


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


def _imports_of(package: str) -> Iterator[tuple[str, str]]:
    for path in _files(package):
        for line, module in imported(path, ast.parse(path.read_text(encoding="utf-8"))):
            yield f"{_name(path)}:{line}", module


def _top(module: str) -> str:
    return module.partition(".")[0]


def _file(place: str) -> str:
    return place.rpartition(":")[0]


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


@pytest.mark.parametrize("package", ["expansion", "integrations", "cli", "sandbox"])
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
    assert found == ["expansion.usage", "expansion.language."]


@pytest.mark.parametrize(
    "code",
    ["import datetime as d\nx = d.datetime.now()", "x = datetime.now(UTC)", "from time import time", "f(time.time)"],
)
def test_a_clock_is_seen(code: str):
    assert list(called_clocks(ast.parse(code)))
