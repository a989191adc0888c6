"""What plants kept of their permitted output over an episode, by the plans that were in force."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlmodel import Session

from scheduler import alerts, datasets, plans
from scheduler.domain.directory import PlantCard
from scheduler.domain.fairness import (
    GROUPINGS,
    SIZES,
    Fairness,
    GroupAccount,
    PlantAccount,
    Size,
)
from scheduler.domain.why_not import Named
from scheduler.episodes import Stretch, alerts_of, slot_at, stretches_of
from scheduler.errors import NotFoundError
from solver.instance import Instance
from solver.plan import Decisions
from solver.state import state_after


def of_alert(session: Session, alert: str, at: datetime) -> Fairness:
    """The account of the episode that an alert belongs to, up to an instant.

    What a stretch of a plan adds is what its processes may make in it and do not; of a stock
    interval that a stretch cuts, a share. Stocks owed at a horizon's end are not among it: they
    are lost only if a later plan loses them. Raises NotFoundError where nothing was in force.
    """
    found = alerts.get_alert(session, alert)
    since = alerts.episode_since(session, found) or found.starts_at
    episode = alerts_of(session, found, since)
    stretches = [s for one in episode for s in stretches_of(session, one, at)]
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


def _add(
    permitted: Counter[str],
    lost: Counter[str],
    instance: Instance,
    decisions: Decisions,
    stretch: Stretch,
) -> None:
    first, end = (slot_at(instance.grid, at) for at in (stretch.start, stretch.end))
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
