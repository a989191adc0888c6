"""`cuofeng`: one module of commands per noun. Heavy imports wait until a command needs them."""

import typer

from scheduler.cli import (
    advice,
    air,
    alerts,
    database,
    fairness,
    files,
    keys,
    measures,
    networks,
    plans,
    recording,
    registry,
    request,
    service,
    what_if,
    why,
)
from scheduler.cli import case as case_commands

app = typer.Typer(
    name="cuofeng",
    help="Off-peak freight windows for key enterprises on heavy-pollution days.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for part in (advice, case_commands, fairness, files, plans, service, why):
    part.add_commands(app)
app.add_typer(air.app, name="air")
app.add_typer(alerts.app, name="alert")
app.add_typer(database.app, name="db")
app.add_typer(keys.app, name="keys")
app.add_typer(measures.app, name="measures")
app.add_typer(networks.app, name="network")
app.add_typer(recording.app, name="record")
app.add_typer(registry.app, name="registry")
app.add_typer(request.app, name="request")
app.add_typer(what_if.app, name="what-if")
