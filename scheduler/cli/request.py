"""Commands on requests: filed on an enterprise's behalf, listed, agreed to, decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.cli.edge import AsJson, Lang, opened_database, print_json, print_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlmodel import Session

    from scheduler.domain.request import RequestCase, State
    from scheduler.store.database import Database
    from scheduler.stretches import Stretch
    from scheduler.texts import Language
    from scheduler.told_window import NameOf

app = typer.Typer(help="What enterprises ask of the plan in force.", no_args_is_help=True)

Alert = Annotated[str, typer.Argument(help="The alert.")]
PlantId = Annotated[str, typer.Argument(help="The plant that asks.")]
When = Annotated[str, typer.Option("--window", help="START/END or START/PT2H in ISO 8601.")]
GateId = Annotated[str, typer.Option("--gate", help="A gate of the plant.")]
StreamId = Annotated[str, typer.Option("--stream", help="A stream of the plant.")]
Trips = Annotated[int, typer.Option("--trips", min=1, help="How many trips.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a few words.")]
By = Annotated[str, typer.Option("--by", help="Who files or decides.")]
Number = Annotated[int, typer.Argument(help="The request's number.")]
Told = Annotated[str, typer.Option("--told", help="What the enterprise is told.")]


@app.command()
def trips(
    alert: Alert,
    plant: PlantId,
    *,
    stream: StreamId,
    number: Trips,
    window: When,
    reason: Reason,
    by: By = "bureau",
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Ask for more trips of a stream."""
    asked = {"kind": "more_trips", "stream": stream, "trips": number}
    _file(alert, plant, window, reason, by, lang, json, **asked)


@app.command()
def emergency(
    alert: Alert,
    plant: PlantId,
    *,
    stream: StreamId,
    number: Trips,
    window: When,
    document: Annotated[str, typer.Option(help="The number under which it is filed.")],
    reason: Reason,
    by: By = "bureau",
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Ask for an emergency run: trucks called in for one trip each, under a filing."""
    asked = {"kind": "emergency", "stream": stream, "trips": number, "document": document}
    _file(alert, plant, window, reason, by, lang, json, **asked)


@app.command()
def window(
    alert: Alert,
    plant: PlantId,
    *,
    gate: GateId,
    window: When,
    instead_of: Annotated[str | None, typer.Option(help="The window that closes for it.")] = None,
    reason: Reason,
    by: By = "bureau",
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Ask for another window."""
    given = (None, None) if instead_of is None else _stretch(instead_of)
    asked = {"kind": "window", "gate": gate, "instead_from": given[0], "instead_to": given[1]}
    _file(alert, plant, window, reason, by, lang, json, **asked)


@app.command("give-back")
def give_back(
    alert: Alert,
    plant: PlantId,
    *,
    gate: Annotated[str | None, typer.Option(help="A gate of the plant.")] = None,
    stream: Annotated[str | None, typer.Option(help="Trips of a stream, not a window.")] = None,
    number: Annotated[int | None, typer.Option("--trips", min=1, help="How many.")] = None,
    window: When,
    reason: Reason,
    by: By = "bureau",
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Give back a window of a gate, or a part of one; or trips of a stream: of those that depart
    in that time, or with a gate of those that pass it then."""
    if (stream is None) != (number is None):
        raise typer.BadParameter("--stream and --trips go together")
    if stream is None and gate is None:
        raise typer.BadParameter("give --gate, or --stream and --trips")
    asked: dict[str, object] = {"kind": "give_back", "gate": gate}
    if stream is not None:
        asked |= {"kind": "give_back_trips", "stream": stream, "trips": number}
    _file(alert, plant, window, reason, by, lang, json, **asked)


@app.command()
def swap(
    alert: Alert,
    plant: PlantId,
    *,
    gate: GateId,
    window: When,
    with_plant: Annotated[str, typer.Option(help="The plant of the other side.")],
    with_gate: Annotated[str, typer.Option(help="Its gate.")],
    their_window: Annotated[str, typer.Option(help="Its window, written the same way.")],
    reason: Reason,
    by: By = "bureau",
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Offer a window for another plant's, which agrees by `agree`."""
    theirs = _stretch(their_window)
    asked = {"kind": "swap", "gate": gate, "with_plant": with_plant, "with_gate": with_gate}
    times = {"their_from": theirs[0], "their_to": theirs[1]}
    _file(alert, plant, window, reason, by, lang, json, **asked, **times)


@app.command("list")
def list_requests(
    alert: Annotated[str | None, typer.Option(help="Of one alert.")] = None,
    state: Annotated[str | None, typer.Option(help="Such as answered: waits for you.")] = None,
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """List requests, the newest first."""
    from scheduler import requests
    from scheduler.texts import said
    from scheduler.told_request import told

    with opened_database() as database, database.reading() as session:
        found = requests.list_requests(session, alert, _state(state))
    if json:
        print_json([case.model_dump(mode="json") for case in found])
        return
    for case in found:
        typer.echo(next(told(case, lang)))
    if not found:
        typer.echo(said("request.none", lang))


@app.command()
def show(number: Number, lang: Lang = "zh-CN", json: AsJson = False) -> None:
    """Show a request with its answer and steps."""
    from scheduler import requests
    from scheduler.wording import names_in

    with opened_database() as database, database.reading() as session:
        _print(requests.get(session, number), lang, json, names_in(session, lang))


@app.command()
def agree(number: Number, by: By = "bureau", lang: Lang = "zh-CN", json: AsJson = False) -> None:
    """Agree to a swap on behalf of the other side."""
    from scheduler import clock, requests

    with opened_database() as database:
        other = _counterpart(requests.get, database, number)
        case = requests.agree(database, number, enterprise=other, by=by, now=clock.now())
        _print(case, lang, json)


@app.command()
def decline(number: Number, by: By = "bureau", lang: Lang = "zh-CN", json: AsJson = False) -> None:
    """Decline a swap on behalf of the other side."""
    from scheduler import clock, requests

    with opened_database() as database:
        other = _counterpart(requests.get, database, number)
        case = requests.decline(database, number, enterprise=other, by=by, now=clock.now())
        _print(case, lang, json)


@app.command()
def grant(
    number: Number,
    told: Told = "",
    by: By = "bureau",
    lang: Lang = "zh-CN",
    json: AsJson = False,
) -> None:
    """Grant what fits; it becomes part of the next publication."""
    from scheduler import clock, requests

    with opened_database() as database:
        _print(requests.grant(database, number, by=by, told=told, now=clock.now()), lang, json)


@app.command()
def refuse(
    number: Number, told: Told, by: By = "bureau", lang: Lang = "zh-CN", json: AsJson = False
) -> None:
    """Refuse, and say why."""
    from scheduler import clock, requests

    with opened_database() as database:
        _print(requests.refuse(database, number, by=by, told=told, now=clock.now()), lang, json)


@app.command()
def withdraw(number: Number, by: By = "bureau", lang: Lang = "zh-CN", json: AsJson = False) -> None:
    """Take a request back on its plant's behalf, until it is published."""
    from scheduler import clock, requests

    with opened_database() as database:
        _print(requests.withdraw(database, number, by=by, now=clock.now()), lang, json)


def _stretch(text: str) -> Stretch:
    from scheduler import clock
    from scheduler.cli.edge import told_errors
    from scheduler.stretches import stretch

    with told_errors():
        return stretch(text, clock.now())


def _state(text: str | None) -> State | None:
    from pydantic import TypeAdapter, ValidationError

    from scheduler.domain.request import State

    if text is None:
        return None
    try:
        state: State = TypeAdapter(State).validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter(f"{text} is no state: {error.errors()[0]['msg']}") from None
    return state


def _counterpart(
    get: Callable[[Session, int], RequestCase], database: Database, number: int
) -> str:
    from scheduler.errors import ConflictError

    with database.reading() as session:
        other = get(session, number).request.counterpart
    if other is None:
        raise ConflictError(f"request {number} asks no other enterprise")
    return other


def _file(
    alert: str,
    plant: str,
    window: str,
    reason: str,
    by: str,
    lang: Language,
    json: bool,
    **asked: object,
) -> None:
    from scheduler import clock, requests
    from scheduler.domain.request import Filing
    from scheduler.texts import said
    from scheduler.wording import names_in

    start, end = _stretch(window)
    body = {**asked, "from_instant": start, "to_instant": end}
    told = {"alert": alert, "plant": plant, "asked": body, "reason": reason}
    with opened_database() as database:
        filing = Filing.model_validate(told)
        typer.echo(said("request.solving", lang, plant=plant), err=True)
        case = requests.file(database, filing, by=by, now=clock.now())
        with database.reading() as session:
            _print(case, lang, json, names_in(session, lang))


def _print(case: RequestCase, lang: Language, json: bool, name_of: NameOf = str) -> None:
    from scheduler.told_request import told

    if json:
        print_value(case)
        return
    for n, line in enumerate(told(case, lang, name_of)):
        typer.echo(f"  {line}" if n else line)
