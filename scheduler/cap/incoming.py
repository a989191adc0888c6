"""CAP messages of others become revisions of alerts; each message is kept as it came.

An Update or a Cancel belongs to the alert of the messages that it refers to, which must have come
before and from the same sender.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from scheduler import alerts
from scheduler.cap.levels import DOCUMENT, cities_of, level_of
from scheduler.cap.xml import from_xml
from scheduler.domain.alert import Area, Level, Revision, Statement
from scheduler.domain.cap import CapInfo, CapMessage, CapReference
from scheduler.domain.enterprise import City
from scheduler.errors import BadInputError, ConflictError
from scheduler.store import bodies

KIND = "cap"


class Delivery(NamedTuple):
    """A message that came, and the revision it made; none where it had come before."""

    message: CapMessage
    revision: Revision | None


def receive(
    session: Session,
    body: bytes,
    cities: tuple[City, ...],
    known_at: datetime,
    *,
    exercise: bool = False,
) -> Delivery:
    """Take a message in. Raises BadInputError or ConflictError where it makes no revision."""
    message = from_xml(body)
    kept = received(session)
    earlier = kept.get(message.reference)
    if earlier is not None:
        if earlier != message:
            raise ConflictError(f"another message {message.identifier} of that time came before")
        return Delivery(message, None)
    _refuse_what_is_no_alert(message, exercise)
    alert = alert_of(message, kept)
    revision = _revise(session, alert, message, cities, known_at)
    bodies.keep(session, KIND, body)
    return Delivery(message, revision)


def received(session: Session) -> dict[CapReference, CapMessage]:
    """Every message that was taken in."""
    messages = [from_xml(body) for body in bodies.of_kind(session, KIND)]
    return {message.reference: message for message in messages}


def _refuse_what_is_no_alert(message: CapMessage, exercise: bool) -> None:
    wanted = ("Actual", "Exercise") if exercise else ("Actual",)
    if message.status not in wanted:
        raise BadInputError(
            f"message {message.identifier} has the status {message.status}",
            "Take exercises in with --exercise; tests and drafts never.",
        )
    if message.message_type in ("Ack", "Error"):
        raise BadInputError(f"message {message.identifier} is a {message.message_type}, no alert")


def alert_of(message: CapMessage, kept: dict[CapReference, CapMessage]) -> str:
    """The alert that a message is of: that of the first one, by its incident or its identifier."""
    if message.message_type == "Alert":
        return message.incidents[0] if len(message.incidents) == 1 else message.identifier
    found = [kept[r] for r in message.references if r in kept and r.sender == message.sender]
    if not found:
        raise BadInputError(
            f"message {message.identifier} refers to none of {message.sender} that came before",
            "Send the Alert first.",
        )
    names = {alert_of(earlier, kept) for earlier in found}
    if len(names) != 1:
        raise BadInputError(f"message {message.identifier} refers to several alerts: {names}")
    return names.pop()


def _revise(
    session: Session,
    alert: str,
    message: CapMessage,
    cities: tuple[City, ...],
    known_at: datetime,
) -> Revision:
    if message.message_type == "Cancel":
        ends = [info.expires for info in message.infos if info.expires]
        info = message.infos[0] if message.infos else None
        return alerts.lift(
            session,
            alert,
            ends_at=_minute(min(ends, default=message.sent)),
            document=_document(info, message),
            document_en=_english_document(message),
            by=(info.sender_name if info else None) or message.sender,
            by_en=_english_sender(message),
            known_at=known_at,
        )
    statement = statement_of(message, cities)
    if message.message_type == "Update":
        return alerts.revise(session, alert, statement, known_at)
    return alerts.declare(session, alert, statement, known_at)


def statement_of(message: CapMessage, cities: tuple[City, ...]) -> Statement:
    """What a message declares: the levels of its first language, by city."""
    infos = [i for i in message.infos if i.language == message.infos[0].language]
    if not infos:
        raise BadInputError(f"message {message.identifier} declares nothing: it has no info")
    levels: dict[Level, list[str]] = {}
    for info in infos:
        held = levels.setdefault(level_of(info), [])
        held += [city for area in info.areas for city in cities_of(area, cities)]
    starts = {_minute(info.onset or info.effective or message.sent) for info in infos}
    ends = {info.expires for info in infos}
    if len(starts) != 1 or len(ends) != 1:
        raise BadInputError(f"message {message.identifier} has levels of different times")
    end = ends.pop()
    return Statement(
        areas=tuple(
            Area(level=level, cities=tuple(sorted(set(held))))
            for level, held in sorted(levels.items(), key=lambda row: -row[0].severity)
        ),
        starts_at=starts.pop(),
        ends_at=_minute(end) if end else None,
        declared_by=infos[0].sender_name or message.sender,
        declared_by_en=_english_sender(message),
        document_number=_document(infos[0], message),
        document_number_en=_english_document(message),
    )


def _document(info: CapInfo | None, message: CapMessage) -> str:
    return (_named_document(info) if info else None) or message.identifier


def _named_document(info: CapInfo) -> str | None:
    return next((p.value for p in info.parameters if p.name == DOCUMENT), None)


def _english_document(message: CapMessage) -> str:
    """The document in English, where the part in English names it, and otherwise."""
    return _english(message, _named_document)


def _english_sender(message: CapMessage) -> str:
    """Who declares it in English, where the part in English names the sender otherwise."""
    return _english(message, lambda info: info.sender_name)


def _english(message: CapMessage, said: Callable[[CapInfo], str | None]) -> str:
    """What the first part in English says, where the message begins in another language and says
    it otherwise there; else nothing."""
    infos = message.infos
    english = next((i for i in infos if i.language.partition("-")[0] == "en"), None)
    if english is None or english is infos[0] or said(english) == said(infos[0]):
        return ""
    return said(english) or ""


def _minute(instant: datetime) -> datetime:
    """The minute that holds an instant."""
    return instant.replace(second=0, microsecond=0)
