"""The command that serves the API and the page."""

from __future__ import annotations

import socket
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.cli.edge import opened_database, told_errors

if TYPE_CHECKING:
    from scheduler.config import Settings

APPLICATION = "api.app"
"""Named, not imported by a statement: the application lies above the scheduler."""


def add_commands(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535)] = None,
) -> None:
    """Serve the API and the page, and work on planning jobs. A taken port gives way to the next."""
    from scheduler.config import read_settings
    from scheduler.ports import listen

    with opened_database():
        settings = read_settings()
    wanted = port or settings.port
    with told_errors():
        bound = listen(host or settings.host, wanted)
    tell_port(bound, wanted)
    serve_on(bound, settings)


def tell_port(bound: socket.socket, wanted: int) -> None:
    name, port = bound.getsockname()[:2]
    if port != wanted:
        typer.echo(f"Port {wanted} is taken; using {port}.")
    typer.echo(f"Serving on http://{name}:{port}/ (API description at /docs); Ctrl-C ends it.")


def serve_on(bound: socket.socket, settings: Settings) -> None:
    import uvicorn

    application = import_module(APPLICATION).make_app(settings)
    config = uvicorn.Config(application, log_level="warning", timeout_graceful_shutdown=5)
    uvicorn.Server(config).run(sockets=[bound])
