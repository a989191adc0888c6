"""Tests that imports run api -> scheduler -> solver, and that each outside thing has one door.

Only scheduler/clock.py reads the clock and only scheduler/config.py the environment; solver/ knows
no database, HTTP, command line, clock, environment or file.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("solver", "scheduler", "api", "fixtures")
MAY_NOT_IMPORT = {
    "solver": {"scheduler", "api", "fixtures"},
    "scheduler": {"api"},
    "api": set[str](),
    "fixtures": {"api"},
}
OUTSIDE = {
    "alembic",
    "fastapi",
    "httpx",
    "httpx2",
    "io",
    "logging",
    "os",
    "pathlib",
    "psycopg",
    "requests",
    "rich",
    "shutil",
    "socket",
    "sqlalchemy",
    "sqlite3",
    "sqlmodel",
    "starlette",
    "subprocess",
    "tempfile",
    "time",
    "typer",
    "urllib",
    "uvicorn",
}
CLOCK = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "pandas.Timestamp.now",
    "pandas.Timestamp.today",
    "pandas.Timestamp.utcnow",
    "time.gmtime",
    "time.localtime",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.process_time",
    "time.time",
    "time.time_ns",
}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.putenv"}


def imported_names(tree: ast.AST) -> dict[str, str]:
    """What each name bound by an import stands for: `from datetime import datetime as d` gives
    {"d": "datetime.datetime"}."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
    return names


def imported_packages(source: str, package: str = "") -> set[str]:
    """The top of every import; a relative one counts as the module's own package."""
    tops = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            tops |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            tops.add(package if node.level else (node.module or "").split(".")[0])
    return tops


def used_names(source: str) -> set[str]:
    """Every imported name with the attributes asked of it, in full: `time.time`, `os.environ`."""
    tree = ast.parse(source)
    names = imported_names(tree)
    used = set()
    for node in ast.walk(tree):
        value, attributes = node, list[str]()
        while isinstance(value, ast.Attribute):
            attributes.append(value.attr)
            value = value.value
        if isinstance(value, ast.Name) and value.id in names:
            used.add(".".join([names[value.id], *reversed(attributes)]))
    return used | set(names.values())


def files_opened(source: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_never_run_back(package: str) -> None:
    for path in modules(package):
        back = imported_packages(path.read_text(), package) & MAY_NOT_IMPORT[package]
        assert not back, f"{name_of(path)} imports {sorted(back)}, which lies above {package}"


def test_solver_knows_nothing_outside() -> None:
    for path in modules("solver"):
        source = path.read_text()
        outside = imported_packages(source, "solver") & OUTSIDE
        assert not outside, f"{name_of(path)} imports {sorted(outside)}: hand the value in instead"
        assert not files_opened(source), f"{name_of(path)} opens a file: hand the text in instead"


def test_one_module_reads_the_clock() -> None:
    for path in modules(*PACKAGES):
        if name_of(path) != "scheduler/clock.py":
            read = used_names(path.read_text()) & CLOCK
            assert not read, f"{name_of(path)} uses {sorted(read)}: ask scheduler/clock.py"


def test_one_module_reads_the_environment() -> None:
    for path in modules(*PACKAGES):
        if name_of(path) != "scheduler/config.py":
            read = used_names(path.read_text()) & ENVIRONMENT
            assert not read, f"{name_of(path)} uses {sorted(read)}: ask scheduler/config.py"


@pytest.mark.parametrize(
    "source",
    [
        "import scheduler.store",
        "from scheduler.store import tables",
        "def late():\n    from scheduler import clock",
    ],
)
def test_an_import_is_seen_wherever_it_stands(source: str) -> None:
    assert imported_packages(source, "solver") == {"scheduler"}
    assert imported_packages("from .scheduler import x", "solver") == {"solver"}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import time\nt = time.time()", "time.time"),
        ("from time import time as now\nt = now()", "time.time"),
        ("import datetime as dt\nt = dt.datetime.now(dt.UTC)", "datetime.datetime.now"),
        ("from datetime import datetime\nt = datetime.utcnow()", "datetime.datetime.utcnow"),
        ("from datetime import date\nt = date.today()", "datetime.date.today"),
        ("import pandas as pd\nt = pd.Timestamp.now()", "pandas.Timestamp.now"),
        ("import os\nx = os.environ['HOME']", "os.environ"),
        ("from os import getenv\nx = getenv('HOME')", "os.getenv"),
    ],
)
def test_a_reading_is_seen_under_any_name(source: str, name: str) -> None:
    assert used_names(source) & (CLOCK | ENVIRONMENT) == {name}


def test_what_only_looks_like_a_reading_passes() -> None:
    source = (
        "from datetime import datetime\nimport time\nfrom scheduler import clock\n"
        "t = clock.now()\nu = datetime.fromisoformat('2015-11-06')\ntime.sleep(1)\n"
    )
    assert not used_names(source) & (CLOCK | ENVIRONMENT)


def test_an_opened_file_is_seen() -> None:
    assert files_opened("x = 1\nwith open('plan.json') as file:\n    pass") == [2]
    assert files_opened("window.open(3)") == []
