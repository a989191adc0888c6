"""What plants kept of their permitted output over an episode, by the plans that were in force."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from scheduler import alerts, datasets, plans
from scheduler.domain.alert import Alert
from scheduler.domain.directory import PlantCard
from scheduler.domain.fairness import (
    GROUPINGS,
    SIZES,
    Fairness,
    GroupAccount,
    PlantAccount,
    Size,
)
from scheduler.domain.publication import Publication
from scheduler.domain.why_not import Named
from scheduler.errors import NotFoundError
from scheduler.store import publications as repository
from solver.instance import Instance, TimeGrid
from solver.plan import Decisions
from solver.state import state_after


class Stretch(NamedTuple):
    """A publication and how long it was in force."""

    publication: Publication
    start: datetime
    end: datetime


def of_alert(session: Session, alert: str, at: datetime) -> Fairness:
    """The account of the episode that an alert belongs to, up to an instant.

    What a stretch of a plan adds is what its processes may make in it and do not; of a stock
    interval that a stretch cuts, a share. Stocks owed at a horizon's end are not among it: they
    are lost only if a later plan loses them. Raises NotFoundError where nothing was in force.
    """
    found = alerts.get_alert(session, alert)
    since = alerts.episode_since(session, found) or found.starts_at
    episode = _alerts_of(session, found, since)
    stretches = [s for one in episode for s in _stretches(session, one, at)]
    if not stretches:
        raise NotFoundError(
            f"nothing of alert {alert} was in force by then", "Ask from the first publication on."
        )
    permitted, lost, trips = Counter[str](), Counter[str](), dict[str, int]()
    for stretch in stretches:
        instance, plan = plans.get_files(
            session, plans.get_record(session, stretch.publication.plan)
        )
        assert plan.decisions is not None, "what is published decides"
        _add(permitted, lost, instance, plan.decisions, stretch)
        trips |= {p.id: sum(s.baseline_trips_day for s in p.streams) for p in instance.plants}
    cards = {card.plant: card for card in datasets.newest_directory(session).plants}
    rows = tuple(_accounts(permitted, lost, trips, cards))
    return Fairness(
        alert=alert,
        alerts=tuple(one.id for one in episode),
        since=since,
        until=stretches[-1].end,
        publications=tuple(s.publication.name for s in stretches),
        plants=tuple(sorted(rows, key=_least_kept_first)),
        groups=tuple(_groups(rows)),
    )


def _alerts_of(session: Session, alert: Alert, since: datetime) -> list[Alert]:
    cities = {city for row in alert.revisions for city in row.statement.cities}
    found = [
        other
        for other in alerts.list_alerts(session)
        if since <= other.starts_at <= alert.starts_at
        and cities & {city for row in other.revisions for city in row.statement.cities}
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.id))


def _stretches(session: Session, alert: Alert, at: datetime) -> Iterator[Stretch]:
    """From when to when each publication counted, up to an instant and the alert's end."""
    ends = [stretch.ends_at for stretch in alert.stretches]
    end = at if None in ends else min(at, max(e for e in ends if e is not None))
    rows = repository.every(session, alert.id)
    for n, row in enumerate(rows):
        later = [other.in_force_from for other in rows[n + 1 :]]
        over = [*later, row.published_until, end]
        withdrawal = repository.find_withdrawal(session, alert.id, row.number)
        if withdrawal is not None:
            over.append(withdrawal.from_instant)
        start = max(row.in_force_from, alert.starts_at)
        if start < min(over):
            yield Stretch(row, start, min(over))


def _add(
    permitted: Counter[str],
    lost: Counter[str],
    instance: Instance,
    decisions: Decisions,
    stretch: Stretch,
) -> None:
    first, end = (_slot(instance.grid, at) for at in (stretch.start, stretch.end))
    before, after = (
        {row.process: row for row in state_after(instance, decisions, slot).processes}
        for slot in (first, end)
    )
    for plant in instance.plants:
        for process in plant.processes:
            was, now = before[process.id], after[process.id]
            worth = process.utrip_per_unit
            permitted[plant.id] += (now.permitted_units - was.permitted_units) * worth
            lost[plant.id] += (now.lost_units - was.lost_units) * worth


def _slot(grid: TimeGrid, at: datetime) -> int:
    """The first slot of the horizon that is not over at an instant."""
    slot = -((grid.at(0) - at) // timedelta(minutes=grid.slot_minutes))
    return min(max(0, slot), grid.n_slots)


def _accounts(
    permitted: Counter[str], lost: Counter[str], trips: dict[str, int], cards: dict[str, PlantCard]
) -> Iterator[PlantAccount]:
    sizes = sizes_of(trips)
    for plant in sorted(permitted):
        card = cards[plant]
        yield PlantAccount(
            plant=Named(id=plant, name_zh=card.name_zh, name_en=card.name_en),
            enterprise=card.enterprise,
            sector=card.sector,
            grade=card.grade,
            size=sizes[plant],
            normal_trips_day=trips[plant],
            permitted_utrip=permitted[plant],
            lost_utrip=max(0, lost[plant]),
        )


def sizes_of(trips: dict[str, int]) -> dict[str, Size]:
    """Thirds of the plants by trips of a normal day; of a number that three does not divide, the
    larger ones have one more."""
    order = sorted(trips, key=lambda plant: (-trips[plant], plant))
    n = len(order)
    return {plant: SIZES[3 * rank // n] for rank, plant in enumerate(order)}


def _groups(rows: Iterable[PlantAccount]) -> Iterator[GroupAccount]:
    for by in GROUPINGS:
        groups: dict[str, list[PlantAccount]] = defaultdict(list)
        for row in rows:
            groups[getattr(row, by)].append(row)
        names = [s for s in SIZES if s in groups] if by == "size" else sorted(groups)
        for name in names:
            among = groups[name]
            yield GroupAccount(
                by=by,
                group=name,
                n_plants=len(among),
                permitted_utrip=sum(row.permitted_utrip for row in among),
                lost_utrip=sum(row.lost_utrip for row in among),
            )


def _least_kept_first(row: PlantAccount) -> tuple[float, str]:
    kept = row.kept_percent
    return (101.0 if kept is None else kept), row.plant.id
