"""What was recorded: handed in by the bureau or by an enterprise of its own plants."""

from fastapi import APIRouter

from api.deps import OfficialDep, PrincipalDep, SessionDep
from scheduler import clock, datasets, recordings
from scheduler.domain.key import Principal, Role
from scheduler.domain.recorded import Delivery, Recording
from scheduler.errors import NotAllowedError

router = APIRouter(prefix="/recordings", tags=["recordings"])


@router.post("", status_code=201)
def record(body: Delivery, session: SessionDep, principal: PrincipalDep) -> Recording:
    """Keep passages and readings; an auditor records nothing."""
    _refuse_others(session, body, principal)
    return recordings.record(session, body, clock.now())


@router.get("")
def list_recordings(session: SessionDep, _: OfficialDep) -> list[Recording]:
    """Every delivery."""
    return recordings.list_recordings(session)


def _refuse_others(session: SessionDep, body: Delivery, principal: Principal) -> None:
    if principal.role is Role.BUREAU:
        return
    own: set[str] = set()
    if principal.role is Role.ENTERPRISE and principal.enterprise is not None:
        cards = datasets.newest_directory(session).of_enterprise(principal.enterprise)
        own = {card.plant for card in cards}
    others = sorted({ledger.plant for ledger in body.ledgers} - own)
    foreign = recordings.foreign_stocks(session, body, own)
    if principal.role is Role.AUDITOR or others or foreign:
        named = ", ".join((*others, *foreign)) or "anything"
        raise NotAllowedError(f"this key may not record {named}")
