"""The page of the fairness account, for the bureau and auditors: what share of its permitted output
each sector, grade, size and plant kept over the episode, as bars with the figures beside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response

from api.console.entry import COOKIE, entered
from api.console.language import Voice
from api.console.pages import error_page, page, voice_of
from api.console.routes import instant_of
from scheduler import alerts, clock, fairness
from scheduler.domain.alert import Alert
from scheduler.domain.fairness import GROUPINGS, By, Fairness, Kept
from scheduler.domain.key import Role
from scheduler.errors import NotFoundError
from scheduler.store.database import Database
from scheduler.told_fairness import group_name
from scheduler.told_window import plant_name

PATH = "/sheet/fairness"
WIDTH = 320
"""Of a bar that stands for all that was permitted, in the picture's units."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A group or a plant. `width` is None where nothing was permitted."""

    name: str
    notes: tuple[str, ...]
    n_plants: int | None
    permitted_mtrip: int
    lost_mtrip: int
    permille: int | None
    width: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars side by side; `mean_x` is where the share of all plants together lies."""

    by: By | None
    """None: plant by plant."""
    bars: tuple[Bar, ...]
    mean_x: float | None


def charts(account: Fairness, voice: Voice) -> tuple[Chart, ...]:
    whole = account.whole.kept_permille
    mean_x = None if whole is None else whole * WIDTH / 1000
    rows: list[Chart] = []
    for by in GROUPINGS:
        groups = tuple(
            _bar(group, group_name(by, group.group, voice.language), (), group.n_plants)
            for group in account.of(by)
        )
        rows.append(Chart(by, groups, mean_x))
    rows.append(Chart(None, tuple(_plants(account, voice)), mean_x))
    return tuple(rows)


def _plants(account: Fairness, voice: Voice) -> Iterator[Bar]:
    lang = voice.language
    for row in account.plants:
        notes = (
            group_name("sector", row.sector, lang),
            voice.text("fairness.grade", grade=group_name("grade", row.grade, lang)),
            group_name("size", row.size, lang),
        )
        yield _bar(row, plant_name(row.plant, lang), notes, None)


def _bar(row: Kept, name: str, notes: tuple[str, ...], n_plants: int | None) -> Bar:
    kept = row.kept_permille
    return Bar(
        name=name,
        notes=notes,
        n_plants=n_plants,
        permitted_mtrip=row.permitted_utrip // 1000,
        lost_mtrip=row.lost_utrip // 1000,
        permille=kept,
        width=None if kept is None else kept * WIDTH / 1000,
    )


class FairnessPage:
    """Reads the account from the database at every request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def show(self, request: Request, alert: str | None = None) -> Response:
        if COOKIE not in request.cookies:
            return page(request, "login.html", refused=None)
        principal = entered(request, self._database)
        if principal is None:
            return page(request, "login.html", 401, refused="ended")
        if principal.role is Role.ENTERPRISE:
            return error_page(request, 403, "official")
        try:
            at = instant_of(request.query_params.get("at")) or clock.now()
        except ValueError:
            return error_page(request, 400, "address")
        return self._shown(request, alert, at)

    def _shown(self, request: Request, alert: str | None, at: datetime) -> Response:
        voice = voice_of(request)
        with self._database.reading() as session:
            declared = [found.id for found in alerts.list_alerts(session)]
            asked = alert or _running(alerts.list_alerts(session), at)
            if alert is not None and alert not in declared:
                return error_page(request, 404, "not_found")
            try:
                account = fairness.of_alert(session, asked, at) if asked else None
            except NotFoundError:
                account = None
        values: dict[str, object] = {
            "alerts": declared,
            "alert": asked,
            "account": account,
            "charts": charts(account, voice) if account else (),
            "whole": account.whole.kept_permille if account else None,
            "width": WIDTH,
        }
        return page(request, "fairness.html", 200, **values)


def _running(declared: list[Alert], at: datetime) -> str | None:
    """The alert that counts at an instant, else the one that was declared last."""
    counting = [found.id for found in declared if found.counting(at) is not None]
    return next(iter(counting), declared[-1].id if declared else None)


def install_fairness(app: FastAPI, database: Database) -> None:
    """Add the page to an application."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route(PATH, FairnessPage(database).show, methods=["GET"])
    app.include_router(router)
