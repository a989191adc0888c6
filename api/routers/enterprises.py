"""Enterprises and what holds for their plants; an enterprise's key reads its own only."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import OfficialDep, PrincipalDep, SessionDep
from api.schemas import Enterprise
from scheduler import clock, datasets, rules, windows
from scheduler.domain.answer import Answer
from scheduler.domain.explanation import PlantRules
from scheduler.domain.instant import Instant
from scheduler.domain.key import Principal, Role
from scheduler.errors import NotAllowedError

router = APIRouter(tags=["enterprises"])
At = Annotated[Instant | None, Query(description="An instant with offset; now, if left out.")]


@router.get("/enterprises")
def list_enterprises(session: SessionDep, _: OfficialDep) -> list[Enterprise]:
    """Every enterprise with its plants, by the newest data."""
    directory = datasets.newest_directory(session)
    return [
        Enterprise(id=enterprise, plants=directory.of_enterprise(enterprise))
        for enterprise in directory.enterprises
    ]


@router.get("/enterprises/{enterprise}/windows")
def get_windows(
    enterprise: str, session: SessionDep, principal: PrincipalDep, at: At = None
) -> tuple[Answer, ...]:
    """What holds for an enterprise's plants at an instant."""
    _refuse_others(principal, enterprise)
    return windows.of_enterprise(session, enterprise, at or clock.now())


@router.get("/enterprises/{enterprise}/measures")
def get_measures(
    enterprise: str, session: SessionDep, principal: PrincipalDep, at: At = None
) -> tuple[PlantRules, ...]:
    """The measures that apply to an enterprise's plants at an instant, each with its clause."""
    _refuse_others(principal, enterprise)
    return rules.explain(session, enterprise, at or clock.now())


def _refuse_others(principal: Principal, enterprise: str) -> None:
    if principal.role is Role.ENTERPRISE and principal.enterprise != enterprise:
        raise NotAllowedError(f"the key is for {principal.enterprise}, not for {enterprise}")


@router.get("/me/windows")
def get_my_windows(
    session: SessionDep, principal: PrincipalDep, at: At = None
) -> tuple[Answer, ...]:
    """What holds for the plants of the key's own enterprise."""
    if principal.enterprise is None:
        raise NotAllowedError(
            f"the key is for {principal.role}, which has no windows",
            "Ask for /v1/enterprises/{id}/windows.",
        )
    return windows.of_enterprise(session, principal.enterprise, at or clock.now())
