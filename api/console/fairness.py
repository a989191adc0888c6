"""The page of the fairness account, for the bureau and auditors: what share of its permitted output
each sector, grade, size and plant kept over the episode, as bars with the figures beside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response

from api.console.language import Voice
from api.console.pages import error_page, page, voice_of
from api.console.routes import COOKIE, instant_of
from scheduler import alerts, clock, fairness, keys
from scheduler.domain.alert import Alert
from scheduler.domain.fairness import GROUPINGS, By, Fairness, GroupAccount, Kept
from scheduler.domain.key import Role
from scheduler.errors import NotFoundError, UnknownKeyError
from scheduler.intake.columns import word_zh
from scheduler.store.database import Database
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
    whole = _kept(account.of("sector"))
    mean_x = None if whole is None else whole * WIDTH / 1000
    rows: list[Chart] = []
    for by in GROUPINGS:
        groups = tuple(
            _bar(group, group_name(by, group.group, voice), (), group.n_plants)
            for group in account.of(by)
        )
        rows.append(Chart(by, groups, mean_x))
    rows.append(Chart(None, tuple(_plants(account, voice)), mean_x))
    return tuple(rows)


def whole_permille(account: Fairness) -> int | None:
    """What all plants together kept; None where nothing was permitted."""
    return _kept(account.of("sector"))


def _kept(groups: tuple[GroupAccount, ...]) -> int | None:
    permitted = sum(group.permitted_utrip for group in groups)
    lost = sum(group.lost_utrip for group in groups)
    return permille(permitted, lost)


def permille(permitted: int, lost: int) -> int | None:
    """Rounded down: who lost anything did not keep all."""
    return 1000 * max(0, permitted - lost) // permitted if permitted else None


def _plants(account: Fairness, voice: Voice) -> Iterator[Bar]:
    for row in account.plants:
        notes = (
            group_name("sector", row.sector, voice),
            voice.text("fairness.grade", grade=group_name("grade", row.grade, voice)),
            group_name("size", row.size, voice),
        )
        yield _bar(row, plant_name(row.plant, voice.language), notes, None)


def _bar(row: Kept, name: str, notes: tuple[str, ...], n_plants: int | None) -> Bar:
    kept = permille(row.permitted_utrip, row.lost_utrip)
    return Bar(
        name=name,
        notes=notes,
        n_plants=n_plants,
        permitted_mtrip=row.permitted_utrip // 1000,
        lost_mtrip=row.lost_utrip // 1000,
        permille=kept,
        width=None if kept is None else kept * WIDTH / 1000,
    )


def group_name(by: By, group: str, voice: Voice) -> str:
    """A sector, grade or size in words."""
    if by == "size":
        return voice.text(f"fairness.size.{group}")
    return word_zh(group) if voice.language == "zh-CN" else group


class FairnessPage:
    """Reads the account from the database at every request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def show(self, request: Request, alert: str | None = None) -> Response:
        key = request.cookies.get(COOKIE)
        if key is None:
            return page(request, "login.html", refused=None)
        role = self._role(key)
        if role is None:
            return page(request, "login.html", 401, refused="ended")
        if role is Role.ENTERPRISE:
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
            "whole": whole_permille(account) if account else None,
            "width": WIDTH,
        }
        return page(request, "fairness.html", 200, **values)

    def _role(self, key: str) -> Role | None:
        with self._database.reading() as session:
            try:
                return keys.authenticate(session, key).role
            except UnknownKeyError:
                return None


def _running(declared: list[Alert], at: datetime) -> str | None:
    """The alert that counts at an instant, else the one that was declared last."""
    counting = [found.id for found in declared if found.counting(at) is not None]
    return next(iter(counting), declared[-1].id if declared else None)


def install_fairness(app: FastAPI, database: Database) -> None:
    """Add the page to an application."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route(PATH, FairnessPage(database).show, methods=["GET"])
    app.include_router(router)
