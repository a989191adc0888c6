"""What may be asked for now: of which publication, from when until when, and which windows each
gate has by it and by what was granted since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from scheduler import alerts, asking, plans
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.request import Grants
from scheduler.errors import NotFoundError
from scheduler.slots import slot_from
from solver.asked_window import windows_of
from solver.checks.cycles import runs_of_true
from solver.instance import TimeGrid
from solver.plan import Decisions


class Askable(NamedTuple):
    """An alert's newest publication, which requests are answered against. What begins before
    `soonest` is settled; nothing can be asked beyond `until`."""

    alert: str
    publication: str
    soonest: datetime
    until: datetime
    granted: Grants

    @property
    def is_over(self) -> bool:
        return self.soonest >= self.until


def askable(session: Session, now: datetime) -> list[Askable]:
    """One for each alert that is not lifted and has a publication that stands."""
    return [
        found
        for alert in alerts.list_alerts(session)
        if not alert.is_lifted and (found := _of_alert(session, alert.id, now)) is not None
    ]


def _of_alert(session: Session, alert: str, now: datetime) -> Askable | None:
    try:
        publication = asking.newest(session, alert)
    except NotFoundError:
        return None
    grid = plans.get_request(session, plans.get_record(session, publication.plan)).grid
    notice = timedelta(minutes=asking.notice_minutes(session))
    settled = max(0, slot_from(grid, now + notice))
    return Askable(
        alert=alert,
        publication=publication.name,
        soonest=grid.at(settled),
        until=grid.at(grid.n_slots),
        granted=asking.pending_grants(session, publication),
    )


def windows_left(
    found: Askable, grid: TimeGrid, decisions: Decisions, gate: str
) -> list[GateWindow]:
    """The windows of a gate that can still change, with what was granted since carried out."""
    open_slots = {t for first, end in windows_of(decisions, gate) for t in range(first, end)}
    for grant in found.granted.grants:
        open_slots |= set(_slots(grid, gate, grant.open))
        open_slots -= set(_slots(grid, gate, grant.shut))
    soonest = slot_from(grid, found.soonest)
    return [
        GateWindow(gate=gate, opens_at=grid.at(run.start), closes_at=grid.at(run.stop))
        for run in runs_of_true(open_slots)
        if run.start >= soonest
    ]


def _slots(grid: TimeGrid, gate: str, windows: Iterable[GateWindow]) -> Iterator[int]:
    for window in windows:
        if window.gate == gate:
            yield from range(slot_from(grid, window.opens_at), slot_from(grid, window.closes_at))
