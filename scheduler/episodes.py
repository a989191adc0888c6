"""Episodes: the alerts that belong together, what was in force of each, and what they hand on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from scheduler import alerts, plans
from scheduler.domain.alert import Alert
from scheduler.domain.publication import Publication
from scheduler.slots import slot_from
from scheduler.store import publications as repository
from solver.instance import ProcessState, TimeGrid
from solver.state import state_after


class Stretch(NamedTuple):
    """A publication and how long it was in force."""

    publication: Publication
    start: datetime
    end: datetime


def lost_before(session: Session, alert: Alert) -> tuple[ProcessState, ...]:
    """Output lost and permitted in earlier alerts of the episode that an alert goes on with.

    Of every process by the plan of it that was in force last, for plans carry on what those before
    them lost. Between two alerts nothing is restricted and nothing counts.
    """
    since = alerts.episode_since(session, alert)
    if since is None:
        return ()
    earlier = [one for one in alerts_of(session, alert, since) if one.id != alert.id]
    stretches = [s for one in earlier for s in stretches_of(session, one, alert.starts_at)]
    rows: dict[str, ProcessState] = {}
    for stretch in sorted(stretches, key=lambda stretch: stretch.end):
        record = plans.get_record(session, stretch.publication.plan)
        instance, plan = plans.get_files(session, record)
        assert plan.decisions is not None, "what is published decides"
        after = state_after(instance, plan.decisions, slot_at(instance.grid, stretch.end))
        rows |= {row.process: row for row in after.processes}
    return tuple(rows[name] for name in sorted(rows))


def alerts_of(session: Session, alert: Alert, since: datetime) -> list[Alert]:
    cities = {city for row in alert.revisions for city in row.statement.cities}
    found = [
        other
        for other in alerts.list_alerts(session)
        if since <= other.starts_at <= alert.starts_at
        and cities & {city for row in other.revisions for city in row.statement.cities}
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.id))


def stretches_of(session: Session, alert: Alert, at: datetime) -> Iterator[Stretch]:
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


def slot_at(grid: TimeGrid, at: datetime) -> int:
    """The first slot of the horizon that begins at an instant or later; the number of slots if
    none does."""
    return min(max(0, slot_from(grid, at)), grid.n_slots)
