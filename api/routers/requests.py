"""Requests: an enterprise files, agrees and withdraws its own; the bureau lists and decides.

Answers are solved and take a second or some: no transaction is open meanwhile, and one is solved at
a time.
"""

from fastapi import APIRouter

from api.deps import Asking, AskingDep, OfficialDep, SessionDep, require
from api.schemas import Deciding
from api.solving import one_at_a_time
from scheduler import clock, requests
from scheduler.domain.key import Role
from scheduler.domain.request import Filing, RequestCase, State
from scheduler.errors import NotAllowedError

router = APIRouter(tags=["requests"])


@router.post("/me/requests", status_code=201)
def file_mine(body: Filing, asking: AskingDep) -> RequestCase:
    """Ask of the plan in force, for a plant of the key's own enterprise; answered at once."""
    enterprise = _own(asking)
    with one_at_a_time():
        return requests.file(
            asking.database,
            body,
            by=asking.principal.key,
            now=clock.now(),
            enterprise=enterprise,
        )


@router.get("/me/requests")
def list_mine(asking: AskingDep) -> list[RequestCase]:
    """The enterprise's own requests, and swaps that it is asked for."""
    with asking.database.reading() as session:
        return requests.of_enterprise(session, _own(asking))


@router.get("/me/requests/{number}")
def get_mine(number: int, asking: AskingDep) -> RequestCase:
    """One of them."""
    with asking.database.reading() as session:
        return requests.one_of_enterprise(session, number, _own(asking))


@router.post("/me/requests/{number}/agree")
def agree(number: int, asking: AskingDep) -> RequestCase:
    """Agree to a swap that the enterprise is asked for."""
    enterprise, by = _own(asking), asking.principal.key
    with one_at_a_time():
        case = requests.agree(
            asking.database, number, enterprise=enterprise, by=by, now=clock.now()
        )
    return requests.seen_by(case, enterprise)


@router.post("/me/requests/{number}/decline")
def decline(number: int, asking: AskingDep) -> RequestCase:
    """Decline a swap that the enterprise is asked for."""
    enterprise, by = _own(asking), asking.principal.key
    case = requests.decline(asking.database, number, enterprise=enterprise, by=by, now=clock.now())
    return requests.seen_by(case, enterprise)


@router.post("/me/requests/{number}/withdraw")
def withdraw(number: int, asking: AskingDep) -> RequestCase:
    """Take an own request back, until it is published."""
    by = asking.principal.key
    return requests.withdraw(
        asking.database, number, by=by, now=clock.now(), enterprise=_own(asking)
    )


@router.post("/requests", status_code=201)
def file_for(body: Filing, asking: AskingDep) -> RequestCase:
    """File a request on a plant's behalf."""
    require(asking.principal, Role.BUREAU)
    with one_at_a_time():
        return requests.file(asking.database, body, by=asking.principal.key, now=clock.now())


@router.get("/requests")
def list_requests(
    session: SessionDep, _: OfficialDep, alert: str | None = None, state: State | None = None
) -> list[RequestCase]:
    """Every request, the newest first."""
    return requests.list_requests(session, alert, state)


@router.get("/requests/{number}")
def get_request(number: int, session: SessionDep, _: OfficialDep) -> RequestCase:
    """A request with its answer and steps."""
    return requests.get(session, number)


@router.post("/requests/{number}/grant")
def grant(number: int, body: Deciding, asking: AskingDep) -> RequestCase:
    """Grant what fits; it becomes part of the next publication."""
    require(asking.principal, Role.BUREAU)
    with one_at_a_time():
        return requests.grant(
            asking.database,
            number,
            by=asking.principal.key,
            told=body.told,
            now=clock.now(),
        )


@router.post("/requests/{number}/refuse")
def refuse(number: int, body: Deciding, asking: AskingDep) -> RequestCase:
    """Refuse, and say why."""
    require(asking.principal, Role.BUREAU)
    by = asking.principal.key
    return requests.refuse(asking.database, number, by=by, told=body.told, now=clock.now())


def _own(asking: Asking) -> str:
    if asking.principal.role is not Role.ENTERPRISE or asking.principal.enterprise is None:
        raise NotAllowedError(
            f"the key is for {asking.principal.role}, which has no plants",
            "File it under /v1/requests.",
        )
    return asking.principal.enterprise
