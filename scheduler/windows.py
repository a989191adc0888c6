"""What is in force: the answer to "may my trucks pass now, by what clause, until when?"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlmodel import Session

from scheduler import alerts, datasets
from scheduler import publication as publications
from scheduler.domain.alert import Alert, Revision, Stretch
from scheduler.domain.answer import Answer, Standing
from scheduler.domain.directory import PlantCard
from scheduler.domain.publication import Publication
from scheduler.domain.schedule import PlantSchedule, Schedule
from scheduler.errors import NotFoundError
from scheduler.store import publications as repository


def in_force(session: Session, at: datetime) -> list[tuple[Publication, Schedule]]:
    """The publications that count at an instant, one for an alert at most, with their schedules;
    those of an alert that has ended by then do not."""
    found = []
    for alert in alerts.list_alerts(session):
        publication = repository.in_force(session, alert.id, at)
        if publication is not None and alert.counting(at) is not None:
            schedule = publications.schedule_of_plan(session, publication.plan)
            found.append((publication, schedule))
    return found


def of_enterprise(session: Session, enterprise: str, at: datetime) -> tuple[Answer, ...]:
    """The answers for all plants of an enterprise."""
    cards = datasets.newest_directory(session).of_enterprise(enterprise)
    if not cards:
        raise NotFoundError(f"there is no enterprise {enterprise}")
    every = alerts.list_alerts(session)
    return tuple(_answer(session, card, every, at) for card in cards)


def _answer(session: Session, card: PlantCard, every: list[Alert], at: datetime) -> Answer:
    stretch = _covering(every, card.city, at)
    revision = stretch and stretch.revision
    if card.status == "closed":
        return _plain(card, at, Standing.CLOSED, card.clause, revision=revision, next_change=None)
    if stretch is None or revision is None:
        starts = [
            coming.starts_at
            for alert in every
            for coming in alert.stretches
            if coming.revision.statement.level_of(card.city) is not None
        ]
        plain = _plain(
            card, at, Standing.NO_ALERT, "", revision=None, next_change=_next(starts, at)
        )
        return _as_lifted(plain, alerts.lately_lifted(every, at, card.city))
    end = stretch.ends_at
    publication = repository.in_force(session, revision.alert, at)
    schedule = publication and publications.schedule_of_plan(session, publication.plan)
    card = (schedule and schedule.card(card.plant)) or card
    if card.exempt_clause is not None:
        return _plain(
            card, at, Standing.EXEMPT, card.exempt_clause, revision=revision, next_change=end
        )
    changes = [end, repository.next_change(session, revision.alert, at)]
    plant = schedule.plant(card.plant) if schedule and schedule.covers(at) else None
    if publication is None or plant is None:
        document, change = revision.statement.document_number, _next(changes, at)
        return _plain(
            card, at, Standing.NO_SCHEDULE, document, revision=revision, next_change=change
        )
    return _scheduled(plant, revision, publication, at, changes)


def _as_lifted(answer: Answer, lifted: Alert | None) -> Answer:
    if lifted is None:
        return answer
    said = lifted.latest.statement
    changes = {"clause": said.document_number, "lifted_at": said.ends_at, "alert": lifted.id}
    return answer.model_copy(update=changes)


def _covering(every: list[Alert], city: str, at: datetime) -> Stretch | None:
    """The stretch of the alert whose level in a city at an instant is the highest."""
    covering = [
        (level.severity, stretch)
        for alert in every
        if (stretch := alert.counting(at)) is not None
        and (level := stretch.revision.statement.level_of(city)) is not None
    ]
    return max(covering, key=lambda pair: pair[0])[1] if covering else None


def _plain(
    card: PlantCard,
    at: datetime,
    standing: Standing,
    clause: str,
    *,
    revision: Revision | None,
    next_change: datetime | None,
) -> Answer:
    return Answer(
        card=card,
        at=at,
        standing=standing,
        clause=clause,
        next_change=next_change,
        level=revision.statement.level_of(card.city) if revision else None,
        alert=revision.alert if revision else None,
        publication=None,
    )


def _scheduled(
    plant: PlantSchedule,
    revision: Revision,
    publication: Publication,
    at: datetime,
    changes: list[datetime | None],
) -> Answer:
    standing, clause = standing_of(plant, at)
    until = publication.published_until
    edges = [*_edges(plant), until, *changes]
    return Answer(
        card=plant.card,
        at=at,
        standing=standing,
        clause=clause or revision.statement.document_number,
        next_change=_next(edges, at),
        level=revision.statement.level_of(plant.card.city),
        alert=revision.alert,
        publication=publication.name,
        windows=tuple(row for row in plant.windows if row.opens_at < until),
        trips=tuple(row for row in plant.trips if row.starts_at < until),
    )


def standing_of(plant: PlantSchedule, at: datetime) -> tuple[Standing, str]:
    """What a schedule lets a plant do at an instant, and by which clause."""
    holding = {
        rule.what: rule.clause
        for rule in plant.restrictions
        if rule.from_instant <= at < rule.to_instant
    }
    if "barred" in holding:
        return Standing.BARRED, holding["barred"]
    if "windows" not in holding:
        return Standing.FREE, ""
    is_open = any(window.opens_at <= at < window.closes_at for window in plant.windows)
    return (Standing.OPEN if is_open else Standing.SHUT), holding["windows"]


def _edges(plant: PlantSchedule) -> Iterator[datetime]:
    for window in plant.windows:
        yield window.opens_at
        yield window.closes_at
    for rule in plant.restrictions:
        if rule.what in ("barred", "windows"):
            yield rule.from_instant
            yield rule.to_instant


def _next(instants: Iterable[datetime | None], at: datetime) -> datetime | None:
    return min((i for i in instants if i is not None and i > at), default=None)
