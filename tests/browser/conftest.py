"""The page on a real server, from the small case."""

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import FastAPI

from api.console.facts import Contact, Name
from api.console.routes import install_console, not_found
from tests.api.console_cases import Facts, situation, small_published


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    published = small_published()
    app = FastAPI()
    install_console(
        app, Facts(situation(published), published), Contact(Name("值班室"), "024-0000")
    )
    app.add_exception_handler(404, lambda request, _: not_found(request))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    return {**browser_context_args, "locale": "zh-CN"}
