"""The bureau's page of scenarios: asked for, planned by the worker, side by side. Nothing of it is
public, for a scenario is no order; who reads it gives a key of the bureau."""

from typing import Annotated, Literal

from fastapi import APIRouter, FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from api.console.entry import holder_of
from api.console.pages import Place, error_page, page, voice_of
from scheduler import alerts, clock, preparation, what_if
from scheduler.domain.key import Role
from scheduler.domain.publication import SolveWork
from scheduler.domain.scenario import Scenario
from scheduler.domain.what_if import WhatIf
from scheduler.errors import CuofengError, NotFoundError
from scheduler.store.database import Database
from scheduler.told_what_if import beside, csv_of, differs, named, picture_of, tables_of

COOKIE = "cuofeng_bureau"
PATH = "/what-if"
LARGEST_KEY = 200
WORK = SolveWork(time_limit_s=None, deterministic_limit=60, seed=0, workers=2)
"""As much as `cuofeng plan` uses, counted, so that all scenarios have the same."""
HOURS, PUBLISHED_HOURS = 72, 24
STAGES = ("safety_shortfall", "output_shortfall", "exposure")
Data = Literal["stages.csv", "enterprises.csv", "all.json", "picture.svg"]


class ScenarioPages:
    """Answers the page's requests from the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def home(self, request: Request, group: str | None = None) -> Response:
        if not self._may_read(request):
            return self._login(request, None)
        return self._shown(request, group, None)

    def _shown(
        self, request: Request, group: str | None, refused: str | None, code: int = 200
    ) -> Response:
        with self._database.reading() as session:
            groups = what_if.list_groups(session)
            declared = [a.id for a in alerts.list_alerts(session) if not a.is_lifted]
        found = groups[0] if groups and group is None else None
        if group is not None:
            found = next((one for one in groups if one.id == group), None)
            if found is None:
                return error_page(request, 404, "not_found")
        lang = voice_of(request).language
        values: dict[str, object] = {
            "groups": groups,
            "found": found,
            "picture": picture_of(found, lang) if found and found.outcomes else None,
            "alerts": declared,
            "refused": refused,
            "differs": lambda scenario: differs(scenario, lang),
            "named": lambda scenario: named(scenario, lang),
            "beside": beside,
            "stages": STAGES,
        }
        return page(request, "what_if.html", code, **values)

    def data(self, request: Request, form: Data, group: str) -> Response:
        if not self._may_read(request):
            return self._login(request, None)
        try:
            with self._database.reading() as session:
                found = what_if.find(session, group)
        except NotFoundError:
            return error_page(request, 404, "not_found")
        return _file(found, form, request)

    def ask(
        self,
        request: Request,
        alert: Annotated[str, Form()],
        level: Annotated[str, Form()] = "",
        cuts: Annotated[str, Form()] = "",
        shut: Annotated[str, Form()] = "",
        closed: Annotated[str, Form()] = "",
    ) -> Response:
        if not self._may_read(request):
            return self._login(request, None)
        try:
            scenarios = _scenarios(level, cuts, shut, closed)
            with self._database.writing() as session:
                now = clock.now()
                asked = preparation.ask_first_or_again(
                    session,
                    alert,
                    None,
                    now=now,
                    hours=HOURS,
                    published_hours=PUBLISHED_HOURS,
                    work=WORK,
                )
                found = what_if.ask(session, asked, scenarios, now)
        except (CuofengError, ValidationError) as error:
            told = str(error) if isinstance(error, CuofengError) else _first_fault(error)
            return self._shown(request, None, told, 400)
        return self._to(request, found.id)

    def cancel(self, request: Request, group: Annotated[str, Form()]) -> Response:
        if not self._may_read(request):
            return self._login(request, None)
        try:
            with self._database.writing() as session:
                what_if.cancel(session, group, clock.now())
        except NotFoundError:
            return error_page(request, 404, "not_found")
        return self._to(request, group)

    def login(self, request: Request, key: Annotated[str, Form()] = "") -> Response:
        key = key.strip()
        if not key or len(key) > LARGEST_KEY or not self._is_of_bureau(key):
            return self._login(request, "wrong")
        done = self._to(request, None)
        secure = request.url.scheme == "https"
        done.set_cookie(COOKIE, key, path=PATH, httponly=True, samesite="strict", secure=secure)
        return done

    def logout(self, request: Request) -> Response:
        done = self._to(request, None)
        done.delete_cookie(COOKIE, path=PATH)
        return done

    def _login(self, request: Request, refused: str | None) -> Response:
        asked = request.cookies.get(COOKIE) is not None or refused
        code = 401 if asked else 200
        return page(request, "login.html", code, refused=refused, of_bureau=True)

    def _may_read(self, request: Request) -> bool:
        key = request.cookies.get(COOKIE)
        return key is not None and self._is_of_bureau(key)

    def _is_of_bureau(self, key: str) -> bool:
        holder = holder_of(self._database, key)
        return holder is not None and holder.role is Role.BUREAU

    def _to(self, request: Request, group: str | None) -> RedirectResponse:
        place = Place(request.url.path, tuple(request.query_params.items()))
        asked = {} if group is None else {"group": group}
        return RedirectResponse(place.link(PATH, **asked), 303)


def _scenarios(level: str, cuts: str, shut: str, closed: str) -> list[Scenario]:
    """One scenario for each field that is filled in, and for each cut."""
    given: list[dict[str, object]] = []
    if level:
        given.append({"name": level, "level": level})
    for cut in cuts.replace("，", ",").split(","):
        if cut.strip():
            given.append({"name": f"-{cut.strip()} %", "cut_percent": cut.strip()})
    if shut.strip():
        given.append({"name": shut.strip(), "shut_hours": shut.strip()})
    if closed.strip():
        given.append({"name": closed.strip(), "closed": [{"link": closed.strip()}]})
    return [Scenario.model_validate(row) for row in given]


def _first_fault(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{first['loc'][0] if first['loc'] else ''}: {first['msg']} ({first['input']})"


def _file(found: WhatIf, form: Data, request: Request) -> Response:
    if form == "all.json":
        return Response(found.model_dump_json(), media_type="application/json")
    if form == "picture.svg":
        return Response(picture_of(found, voice_of(request).language), media_type="image/svg+xml")
    tables = {f"{table.name}.csv": table for table in tables_of(found)}
    return Response("\ufeff" + csv_of(tables[form]), media_type="text/csv; charset=utf-8")


def install_scenarios(app: FastAPI, database: Database) -> None:
    """Add the page to an application."""
    pages, router = ScenarioPages(database), APIRouter(include_in_schema=False)
    router.add_api_route(PATH, pages.home, methods=["GET"])
    router.add_api_route(f"{PATH}/ask", pages.ask, methods=["POST"])
    router.add_api_route(f"{PATH}/cancel", pages.cancel, methods=["POST"])
    router.add_api_route(f"{PATH}/login", pages.home, methods=["GET"])
    router.add_api_route(f"{PATH}/login", pages.login, methods=["POST"])
    router.add_api_route(f"{PATH}/logout", pages.logout, methods=["POST"])
    router.add_api_route(f"{PATH}/data/{{form}}", pages.data, methods=["GET"])
    app.include_router(router)
