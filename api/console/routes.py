"""The page's addresses: `/`, `/roads`, `/sheet` with its login and logout, and the static files."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from api.console.asking import Answers
from api.console.board import board_of
from api.console.entry import COOKIE
from api.console.facts import Contact, Situation, Source
from api.console.pages import Place, error_page, page, voice_of
from api.console.roads import Roads
from api.console.sheet import Sheets
from api.console.worked import Worked
from scheduler.clock import SHANGHAI
from scheduler.errors import NotFoundError

LARGEST_KEY = 200
WORST_IN_SLOT = 8


def instant_of(text: str | None) -> datetime | None:
    """An ISO 8601 instant; without an offset it is Shanghai's. Raises ValueError."""
    if not text:
        return None
    at = datetime.fromisoformat(text.replace(" ", "+"))
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def _slot(text: str | None, roads: Roads, end_slot: int) -> int:
    """The slot asked for, the busiest by default. Raises ValueError for any that is not there."""
    slot = roads.busiest_slot() if text is None else int(text)
    if not 0 <= slot < end_slot:
        raise ValueError(f"slot {slot} is not among the published slots 0 to {end_slot - 1}")
    return slot


class Console:
    """Answers the page's requests from one source of facts."""

    def __init__(self, source: Source, worked: Worked, contact: Contact) -> None:
        self._source = source
        self._contact = contact
        self._worked = worked
        self._answers = Answers(source)

    def home(self, request: Request) -> Response:
        return self._by_slot(request, "board.html")

    def roads(self, request: Request) -> Response:
        return self._by_slot(request, "roads_table.html")

    def _by_slot(self, request: Request, template: str) -> Response:
        try:
            situation = self._source.situation(instant_of(request.query_params.get("at")))
            publication = situation.publication
            if publication is None:
                return page(request, "board.html", situation=situation, board=None)
            schedule, roads = self._worked.of(publication.publication_id)
            asked = request.query_params.get("slot")
            slot = _slot(asked, roads, schedule.published.end_slot)
        except ValueError:
            return error_page(request, 400, "address")
        board = board_of(schedule, roads, situation)
        in_slot = roads.worst(slot, WORST_IN_SLOT)
        values = {"situation": situation, "board": board, "slot": slot, "in_slot": in_slot}
        return page(request, template, 200, **values)

    def sheet(self, request: Request) -> Response:
        key = request.cookies.get(COOKIE)
        if key is None:
            return page(request, "login.html", refused=None)
        enterprise = self._source.enterprise_of_key(key)
        if enterprise is None and self._source.is_official_key(key):
            return self._official(request)
        if enterprise is None:
            gone = page(request, "login.html", 401, refused="ended")
            gone.delete_cookie(COOKIE, path="/sheet")
            return gone
        try:
            situation = self._source.situation(instant_of(request.query_params.get("at")))
        except ValueError:
            return error_page(request, 400, "address")
        return self._sheet_of(request, enterprise, situation)

    def _official(self, request: Request) -> Response:
        """The sheet of any enterprise, or the choice of one beside the plans not yet published."""
        try:
            at = instant_of(request.query_params.get("at"))
            enterprises = self._source.enterprises(at)
            enterprise = request.query_params.get("enterprise")
            if enterprise in dict(enterprises):
                return self._sheet_of(request, enterprise, self._source.situation(at))
            query, voice = request.query_params, voice_of(request)
            unsafe = self._answers.of_plan(query.get("plan"), voice)
            whole = self._answers.whole_of_plan(query.get("whole"), voice)
        except ValueError:
            return error_page(request, 400, "address")
        except NotFoundError:
            return error_page(request, 404, "not_found")
        values = {
            "enterprises": enterprises,
            "pending": self._source.pending(),
            "waiting": self._source.waiting(None),
            "unsafe": unsafe,
            "whole": whole,
        }
        return page(request, "desk.html", 200, **values)

    def _sheet_of(self, request: Request, enterprise: str, situation: Situation) -> Response:
        plants = schedule = None
        if situation.publication is not None:
            schedule, _ = self._worked.of(situation.publication.publication_id)
            plants = Sheets(schedule).of(enterprise)
        asked = None
        if schedule is not None:
            at, query = situation.at, dict(request.query_params)
            registry, voice = schedule.published.registry, voice_of(request)
            asked = self._answers.of(enterprise, at, query, registry, voice)
        values = {
            "situation": situation,
            "asked": asked,
            "enterprise": self._source.enterprise_name(enterprise),
            "plants": plants or (),
            "standings": [s for s in situation.standings if s.enterprise == enterprise],
            "slot_minutes": schedule.instance.grid.slot_minutes if schedule else None,
            "contact": self._contact,
            "waiting": self._source.waiting(enterprise),
        }
        return page(request, "sheet.html", 200, **values)

    def login(self, request: Request, key: Annotated[str, Form()] = "") -> Response:
        key = key.strip()
        if not key or len(key) > LARGEST_KEY or not self._opens(key):
            return page(request, "login.html", 401, refused="wrong")
        done = self._back_to_sheet(request)
        secure = request.url.scheme == "https"
        done.set_cookie(COOKIE, key, path="/sheet", httponly=True, samesite="strict", secure=secure)
        return done

    def _opens(self, key: str) -> bool:
        return self._source.enterprise_of_key(key) is not None or self._source.is_official_key(key)

    def logout(self, request: Request) -> Response:
        done = self._back_to_sheet(request)
        done.delete_cookie(COOKIE, path="/sheet")
        return done

    def _back_to_sheet(self, request: Request) -> Response:
        place = Place(request.url.path, tuple(request.query_params.items()))
        return RedirectResponse(place.link("/sheet"), 303)


def install_console(app: FastAPI, source: Source, worked: Worked, contact: Contact) -> None:
    """Add the page to an application. `not_found` below is for its error handler."""
    console, router = Console(source, worked, contact), APIRouter(include_in_schema=False)
    router.add_api_route("/", console.home, methods=["GET", "HEAD"])
    router.add_api_route("/roads", console.roads, methods=["GET"])
    router.add_api_route("/sheet", console.sheet, methods=["GET"])
    router.add_api_route("/sheet/login", console.sheet, methods=["GET"])
    router.add_api_route("/sheet/login", console.login, methods=["POST"])
    router.add_api_route("/sheet/logout", console.logout, methods=["POST"])
    app.include_router(router)
    app.mount("/static/console", StaticFiles(packages=[("api.console", "static")]), "console")


def not_found(request: Request) -> Response:
    """What a reader sees at an address that is not there."""
    return error_page(request, 404, "not_found")
