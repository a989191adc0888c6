"""The page on a real server: from the small case, and on a database with two plants."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from api.app import make_app
from api.console.facts import Contact, Name
from api.console.routes import install_console, not_found
from api.console.worked import Worked
from scheduler import clock, keys
from scheduler.config import Settings
from scheduler.domain.key import Role
from scheduler.store.database import Database
from tests.api.console_cases import Facts, situation, small_published
from tests.scheduler.case import KNOWN
from tests.scheduler.swap_case import publish_both


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of an application on a port of its own."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    published = small_published()
    app = FastAPI()
    facts = Facts(situation(published), published)
    install_console(app, facts, Worked(facts), Contact(Name("值班室"), "024-0000"))
    app.add_exception_handler(404, lambda request, _: not_found(request))
    with served(app) as url:
        yield url


@pytest.fixture
def stored(
    sqlite_tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, dict[str, str]]]:
    """The whole service at 07:10 on P and Q, whose windows could be swapped, and keys for it."""
    monkeypatch.setattr(clock, "now", lambda: KNOWN + timedelta(minutes=10))
    address = f"sqlite:///{shutil.copy(sqlite_tables, tmp_path / 'browser.sqlite')}"
    database = Database(address)
    with database.writing() as session:
        publish_both(session)
        made = {
            who: keys.make_key(session, Role.ENTERPRISE, who, KNOWN, f"{who}-works")
            for who in ("P", "Q")
        }
        made["bureau"] = keys.make_key(session, Role.BUREAU, "bureau", KNOWN)
    with served(make_app(Settings(database_url=address))) as url:
        yield url, made
    database.close()


@pytest.fixture(scope="session")
def browser_context_args(
    browser_context_args: dict[str, object], base_url: str
) -> dict[str, object]:
    """With this folder's address, also where a test elsewhere has opened a page before."""
    return {**browser_context_args, "locale": "zh-CN", "base_url": base_url}
