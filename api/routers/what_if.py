"""Scenarios side by side before publishing: asked by the bureau, planned by the worker."""

from typing import Literal

from fastapi import APIRouter, Response

from api.deps import BureauDep, OfficialDep, SessionDep
from api.routers.plans import asked_by
from api.schemas import Comparing
from scheduler import clock, what_if
from scheduler.domain.what_if import WhatIf
from scheduler.errors import NotFoundError
from scheduler.texts import Language
from scheduler.told_what_if import csv_of, picture_of, tables_of

router = APIRouter(prefix="/what-if", tags=["what-if"])
SVG, CSV = "image/svg+xml", "text/csv"


@router.post("", status_code=202)
def ask(body: Comparing, session: SessionDep, _: BureauDep) -> WhatIf:
    """Queue a plan of what is declared and one of each scenario, with the same work and seed. None
    of them can be published, and the alert stays as it is."""
    now = clock.now()
    return what_if.ask(session, asked_by(body, session, now), body.scenarios, now)


@router.get("")
def list_groups(session: SessionDep, _: OfficialDep) -> list[WhatIf]:
    """All that was asked, the newest first."""
    return what_if.list_groups(session)


@router.get("/{group}")
def get_group(group: str, session: SessionDep, _: OfficialDep) -> WhatIf:
    """Scenarios with their jobs, and what each that is planned means for stages and plants."""
    return what_if.find(session, group)


@router.post("/{group}/cancel", status_code=202)
def cancel(group: str, session: SessionDep, _: BureauDep) -> WhatIf:
    """Cancel what is not planned yet."""
    return what_if.cancel(session, group, clock.now())


@router.get(
    "/{group}/{table}.csv", response_class=Response, responses={200: {"content": {CSV: {}}}}
)
def get_table(
    group: str, table: Literal["stages", "enterprises"], session: SessionDep, _: OfficialDep
) -> Response:
    """Stages or enterprises by scenario, as CSV."""
    tables = {found.name: found for found in tables_of(what_if.find(session, group))}
    return Response(csv_of(tables[table]), media_type=f"{CSV}; charset=utf-8")


@router.get("/{group}/picture", response_class=Response, responses={200: {"content": {SVG: {}}}})
def get_picture(
    group: str, session: SessionDep, _: OfficialDep, lang: Language = "zh-CN"
) -> Response:
    """Stages by scenario and who gains and who loses, as SVG. Not found before a plan is made."""
    found = what_if.find(session, group)
    if not found.outcomes:
        raise NotFoundError(f"nothing is planned yet of what-if {group}", "Ask again later.")
    return Response(picture_of(found, lang), media_type=SVG)
