"""Fixtures that every test may ask for: a real database of either kind, and a real browser."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from scheduler.store.database import Database
from scheduler.store.migrate import upgrade

POSTGRES_SETTINGS = (
    "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off "
    "-c shared_buffers=64MB"
)
BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _postgres_programs() -> Path | None:
    versions = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(versions, key=lambda path: int(path.parts[4]), default=None)
    return newest.parent if newest else None


@contextlib.contextmanager
def _postgres_cluster(programs: Path) -> Iterator[Path]:
    """The directory of the socket of a server of its own; initdb and postgres refuse root."""
    base = Path(tempfile.mkdtemp(prefix="cuofeng-pg-"))
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(base, user.pw_uid, user.pw_gid)
        owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", base / "data", *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=base,
            env=environment,
            **owner,
        )

    run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions")
    settings = f"{POSTGRES_SETTINGS} -c unix_socket_directories='{base}'"
    run("pg_ctl", "-w", "-t", "60", "-l", str(base / "log"), "-o", settings, "start")
    try:
        yield base
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(base)


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[Path]:
    """A PostgreSQL server for the run, made from Debian's own programs in a temporary folder."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip(
            "NOT TESTED ON POSTGRESQL: no server under /usr/lib/postgresql; "
            "`apt-get install postgresql` adds it"
        )
    with _postgres_cluster(programs) as socket:
        yield socket


@contextlib.contextmanager
def _postgres_database(socket: Path, template: str = "template0") -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(f"host={socket} user=postgres", autocommit=True) as server:
        # Copying files is the faster way for so few rows, and the only one before version 15.
        way = " STRATEGY file_copy" if server.info.server_version >= 150_000 else ""
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{way}'.encode())
        yield f"postgresql+psycopg://postgres@/{name}?host={socket}"
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that the migrations have been run on once; each test gets a copy."""
    path = tmp_path_factory.mktemp("tables") / "tables.sqlite"
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_tables(postgres_socket: Path) -> Iterator[str]:
    """The name of a PostgreSQL database with the tables; each test gets a copy."""
    with _postgres_database(postgres_socket) as url:
        _make_tables(url)
        name = make_url(url).database
        assert name is not None
        yield name


def _make_tables(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with all tables and no row, of either kind, for one test alone."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_tables"), tmp_path / "database.sqlite")
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgres_tables")
    with _postgres_database(request.getfixturevalue("postgres_socket"), template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a table; each test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    with _postgres_database(request.getfixturevalue("postgres_socket")) as url:
        yield url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Playwright drives the machine's own Chromium: `page` and `browser` need no download."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip(
            "NOT TESTED IN A BROWSER: no chromium on the PATH; "
            "`apt-get install chromium fonts-wqy-microhei` adds it"
        )
    return {**browser_type_launch_args, "executable_path": chromium, "args": BROWSER_ARGS}
