"""Alerts: declare, revise, lift. Each adds a revision; nothing is edited."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session

from scheduler.air.tables import rule_sets
from scheduler.domain.alert import Advice, Alert, Revision, Statement
from scheduler.errors import BadInputError, ConflictError, NotFoundError
from scheduler.store import alerts as repository

TOLD = timedelta(days=2)
"""How long it is told that an alert was lifted."""


def declare(session: Session, alert: str, statement: Statement, known_at: datetime) -> Revision:
    if repository.find(session, alert) is not None:
        raise ConflictError(f"alert {alert} is declared already", "Revise it or name another one.")
    revision = Revision(
        alert=alert, number=1, action="declare", statement=statement, known_at=known_at
    )
    repository.add(session, revision)
    return revision


def revise(session: Session, alert: str, statement: Statement, known_at: datetime) -> Revision:
    """State the alert anew: raised, lowered, extended or for other cities."""
    former = _open_alert(session, alert, known_at).latest
    if former.statement == statement:
        raise ConflictError(f"alert {alert} stands so already (revision {former.number})")
    revision = Revision(
        alert=alert,
        number=former.number + 1,
        action="revise",
        statement=statement,
        known_at=known_at,
    )
    repository.add(session, revision)
    return revision


def lift(
    session: Session,
    alert: str,
    *,
    ends_at: datetime,
    document: str,
    document_en: str = "",
    by: str,
    by_en: str = "",
    known_at: datetime,
) -> Revision:
    """End the alert at a minute; restrictions end with it."""
    former = _open_alert(session, alert, known_at).latest
    if ends_at <= former.statement.starts_at:
        raise BadInputError(
            f"alert {alert} starts at {former.statement.starts_at}, it cannot end at {ends_at}",
            "Give a later end.",
        )
    changes = {
        "ends_at": ends_at,
        "document_number": document,
        "document_number_en": document_en,
        "declared_by": by,
        "declared_by_en": by_en,
    }
    statement = Statement.model_validate({**former.statement.model_dump(), **changes})
    revision = Revision(
        alert=alert,
        number=former.number + 1,
        action="lift",
        statement=statement,
        known_at=known_at,
    )
    repository.add(session, revision)
    return revision


def _open_alert(session: Session, alert: str, known_at: datetime) -> Alert:
    found = get_alert(session, alert)
    if found.is_lifted:
        raise ConflictError(f"alert {alert} was lifted", "Declare a new one.")
    if known_at < found.latest.known_at:
        raise BadInputError(
            f"revision {found.latest.number} of alert {alert} became known at "
            f"{found.latest.known_at}, after {known_at}",
            "Give a later time of knowledge.",
        )
    return found


def get_alert(session: Session, alert: str) -> Alert:
    found = repository.find(session, alert)
    if found is None:
        raise NotFoundError(f"there is no alert {alert}", "List them: `cuofeng alert list`.")
    return found


def episode_since(session: Session, alert: Alert) -> datetime | None:
    """When the episode began that an alert goes on with, if an earlier alert of one of its cities
    began it: one that ended so short before that the rules would not have lifted it in between."""
    cities = {city for row in alert.revisions for city in row.statement.cities}
    start, since = alert.starts_at, None
    ended = [
        (stretch.ends_at, stretch.starts_at)
        for other in repository.every(session)
        if other.id != alert.id
        for stretch in other.stretches
        if stretch.ends_at is not None and cities & set(stretch.revision.statement.cities)
    ]
    for end, begin in sorted(ended, reverse=True):
        if begin < start and start - end < lift_gap(start):
            start = since = begin
    return since


def lately_lifted(every: Iterable[Alert], at: datetime, city: str | None = None) -> Alert | None:
    """The alert (of a city) that was lifted last, if that was less than `TOLD` before."""
    found = [
        (alert.latest.statement.ends_at, alert)
        for alert in every
        if alert.is_lifted and (city is None or alert.latest.statement.level_of(city) is not None)
    ]
    lately = [(end, alert) for end, alert in found if end is not None and end <= at < end + TOLD]
    return max(lately, key=lambda pair: pair[0])[1] if lately else None


def lift_gap(at: datetime) -> timedelta:
    """How long the air must stay clean for two alerts to be two episodes, by the newest rule set
    on a day; before the first one, by that."""
    rules = sorted((found.rule for found in rule_sets().values()), key=lambda r: r.valid_from)
    valid = [rule for rule in rules if rule.valid_from <= at.date()] or rules[:1]
    return timedelta(hours=valid[-1].lift_hours)


def list_alerts(session: Session) -> list[Alert]:
    return repository.every(session)


def keep_advice(session: Session, advice: Advice) -> None:
    """Keep what the rules advised. Advice that is kept already stays as it is."""
    if repository.find_advice(session, advice.id) is None:
        repository.add_advice(session, advice)


def list_advice(session: Session) -> list[Advice]:
    return repository.every_advice(session)
