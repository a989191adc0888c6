"""Revisions of an alert as CAP messages: Alert, then Update, at last Cancel."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from scheduler import clock
from scheduler.cap.levels import ADCODE, CITY, DOCUMENT, LEVEL, cap_levels
from scheduler.domain.alert import Alert, Area, Revision
from scheduler.domain.cap import (
    CapArea,
    CapInfo,
    CapMessage,
    CapReference,
    CapStatus,
    MessageType,
    Named,
    Urgency,
)
from scheduler.domain.enterprise import City
from scheduler.texts import LANGUAGES, Language, said

TYPES: dict[str, MessageType] = {"declare": "Alert", "revise": "Update", "lift": "Cancel"}
SOON = timedelta(hours=1)
"""CAP 1.2, 3.2.2: urgency Expected is "within next hour", Future is later."""


class Outgoing(NamedTuple):
    """Who sends, with what standing, and the cities that areas name."""

    sender: str
    status: CapStatus
    cities: dict[str, City]


def message_of(alert: Alert, number: int, outgoing: Outgoing) -> CapMessage:
    """The nth revision as a message, which names all before it."""
    revision = alert.revisions[number - 1]
    return CapMessage(
        identifier=_identifier(revision),
        sender=outgoing.sender,
        sent=_sent(revision),
        status=outgoing.status,
        message_type=TYPES[revision.action],
        references=tuple(
            CapReference(sender=outgoing.sender, identifier=_identifier(r), sent=_sent(r))
            for r in alert.revisions[: number - 1]
        ),
        incidents=(alert.id,),
        infos=tuple(
            _info(revision, area, language, outgoing.cities)
            for area in revision.statement.areas
            for language in LANGUAGES
        ),
    )


def _identifier(revision: Revision) -> str:
    return f"{revision.alert}/{revision.number}"


def _sent(revision: Revision) -> datetime:
    return revision.known_at.replace(microsecond=0)


def _info(revision: Revision, area: Area, language: Language, cities: dict[str, City]) -> CapInfo:
    statement, lifted = revision.statement, revision.action == "lift"
    level = said(f"level.{area.level}", language)
    document = statement.document(language)
    names = _names(area.cities, language, cities)
    event = said("cap.event", language, level=level)
    start = f"{clock.local(statement.starts_at):%Y-%m-%d %H:%M}"
    end = (
        f"{clock.local(statement.ends_at):%Y-%m-%d %H:%M}"
        if statement.ends_at
        else said("cap.open_end", language)
    )
    return CapInfo(
        language=language,
        event=event,
        response="AllClear" if lifted else "Execute",
        urgency="Past" if lifted else _urgency(revision),
        severity=cap_levels()[area.level].severity,
        certainty="Likely",
        effective=_sent(revision),
        onset=statement.starts_at,
        expires=statement.ends_at,
        sender_name=statement.by(language),
        headline=said(f"cap.headline.{revision.action}", language, cities=names, event=event),
        description=said("cap.description", language, start=start, end=end, document=document),
        parameters=(
            Named(name=LEVEL, value=area.level.value),
            Named(name=DOCUMENT, value=document),
        ),
        areas=tuple(_area(city, language, cities) for city in area.cities),
    )


def _urgency(revision: Revision) -> Urgency:
    wait = revision.statement.starts_at - revision.known_at
    if wait <= timedelta(0):
        return "Immediate"
    return "Expected" if wait <= SOON else "Future"


def _area(city: str, language: Language, cities: dict[str, City]) -> CapArea:
    geocodes = [Named(name=CITY, value=city)]
    if city in cities:
        geocodes.append(Named(name=ADCODE, value=cities[city].adcode))
    return CapArea(description=_names((city,), language, cities), geocodes=tuple(geocodes))


def _names(ids: Sequence[str], language: Language, cities: dict[str, City]) -> str:
    chinese = language == "zh-CN"
    names = [
        city if city not in cities else cities[city].name_zh if chinese else cities[city].name_en
        for city in ids
    ]
    return ("、" if chinese else ", ").join(names)
