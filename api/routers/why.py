"""Why a plant has what it has, and why not another window; an enterprise's key asks for itself.

Answers are solved and take some seconds: no transaction is open meanwhile, and one is solved at a
time.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import Asking, AskingDep, require
from api.solving import one_at_a_time
from scheduler import clock, whole, why, why_not
from scheduler.domain.instant import Instant
from scheduler.domain.key import Role
from scheduler.domain.whole import WholeWhy
from scheduler.domain.why import Why
from scheduler.domain.why_not import WhyNot
from scheduler.errors import NotAllowedError
from scheduler.why_not import Wanted

router = APIRouter(tags=["why"])

At = Annotated[Instant | None, Query(description="An instant with offset; now, if left out.")]
Window = Annotated[
    str, Query(description="START/END or START/PT2H in ISO 8601, or the next 22:00-24:00.")
]
Gate = Annotated[str | None, Query(description="One gate; all, if left out.")]
InsteadOf = Annotated[str | None, Query(description="The window that closes for it.")]


@router.get("/enterprises/{enterprise}/why")
def get_why(enterprise: str, asking: AskingDep, at: At = None) -> tuple[Why, ...]:
    """What holds for an enterprise's plants, why they fall short, and what would remove that."""
    _its_own(asking, enterprise)
    return _why(asking, enterprise, at)


@router.get("/enterprises/{enterprise}/why-not")
def get_why_not(
    enterprise: str,
    asking: AskingDep,
    window: Window,
    gate: Gate = None,
    instead_of: InsteadOf = None,
    at: At = None,
) -> tuple[WhyNot, ...]:
    """Why a window is not in what is in force: what bars it, or what would have to move."""
    _its_own(asking, enterprise)
    return _why_not(asking, enterprise, Wanted(window, gate, instead_of), at)


@router.get("/me/why")
def get_my_why(asking: AskingDep, at: At = None) -> tuple[Why, ...]:
    """The same for the key's own enterprise."""
    return _why(asking, _own(asking), at)


@router.get("/me/why-not")
def get_my_why_not(
    asking: AskingDep,
    window: Window,
    gate: Gate = None,
    instead_of: InsteadOf = None,
    at: At = None,
) -> tuple[WhyNot, ...]:
    """The same for the key's own enterprise."""
    return _why_not(asking, _own(asking), Wanted(window, gate, instead_of), at)


@router.get("/plans/{plan}/why")
def get_plan_why(
    plan: str,
    asking: AskingDep,
    enterprise: Annotated[
        str | None, Query(description="One enterprise; all plants not kept safe, if left out.")
    ] = None,
) -> tuple[Why, ...]:
    """Of a stored plan, before it is published: the plants that it cannot keep safe, why, and what
    the bureau can do."""
    require(asking.principal, Role.BUREAU, Role.AUDITOR)
    with asking.database.reading() as session:
        asked = why.ask_plan(session, plan, enterprise)
    with one_at_a_time():
        return tuple(why.solve(one) for one in asked)


@router.get("/plans/{plan}/why/whole")
def get_whole_plan_why(plan: str, asking: AskingDep) -> tuple[WholeWhy, ...]:
    """Of a stored plan, published or not: what forces its shortfall as a whole, how much of it the
    plants' own laws, how much what they share, and how much nothing explains."""
    require(asking.principal, Role.BUREAU, Role.AUDITOR)
    with asking.database.reading() as session:
        asked = whole.ask_plan(session, plan)
    with one_at_a_time():
        return whole.solve(asked)


def _its_own(asking: Asking, enterprise: str) -> None:
    principal = asking.principal
    if principal.role is Role.ENTERPRISE and principal.enterprise != enterprise:
        raise NotAllowedError(f"the key is for {principal.enterprise}, not for {enterprise}")


def _own(asking: Asking) -> str:
    if asking.principal.enterprise is None:
        raise NotAllowedError(
            f"the key is for {asking.principal.role}, which has no plants",
            "Ask for /v1/enterprises/{id}/why.",
        )
    return asking.principal.enterprise


def _why(asking: Asking, enterprise: str, at: datetime | None) -> tuple[Why, ...]:
    with asking.database.reading() as session:
        asked = why.ask(session, enterprise, at or clock.now())
    with one_at_a_time():
        return tuple(why.solve(one) for one in asked)


def _why_not(
    asking: Asking, enterprise: str, wanted: Wanted, at: datetime | None
) -> tuple[WhyNot, ...]:
    """The plan itself, which is everybody's, is left out; what moves is told."""
    with asking.database.reading() as session:
        questions = why_not.ask(session, enterprise, at or clock.now(), wanted)
    with one_at_a_time():
        answers = [why_not.solve(question) for question in questions]
    return tuple(answer.model_copy(update={"plan": None}) for answer in answers)
