"""The command that shows who kept how much of their permitted output."""

from __future__ import annotations

from typing import Annotated

import typer

from scheduler.cli.edge import AsJson, Lang, instant, opened_database, print_value


def add_commands(app: typer.Typer) -> None:
    app.command()(fairness)


def fairness(
    alert: str,
    at: Annotated[str | None, typer.Option(help="Up to an instant; now if left out.")] = None,
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Show the share of permitted output kept since the alert's episode began: by sector, grade and
    size, and plant by plant, the least first."""
    from scheduler import clock
    from scheduler import fairness as service
    from scheduler.told_fairness import told

    with opened_database() as database, database.reading() as session:
        account = service.of_alert(session, alert, instant(at) if at else clock.now())
    if json:
        print_value(account)
        return
    for line in told(account, lang):
        typer.echo(line)
