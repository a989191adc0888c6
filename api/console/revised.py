"""What a re-plan changed of the publication before it: windows that moved and why, trips, locked
trips that could not be kept, and what calm cost in exposure."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime

from api.console.facts import Name, Published, Registry
from api.console.schedule import Schedule
from scheduler.domain.gate_window import GateWindow
from scheduler.domain.revised import Fate, MovedWindow, MoveReason, Overridden, Revised


@dataclass(frozen=True, slots=True)
class MoveView:
    """A published window that did not stay: `now` is None where it is given up."""

    plant: Name
    gate: Name
    was: GateWindow
    now: GateWindow | None
    by_minutes: int
    reason: MoveReason
    clauses: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class FateView:
    """Locked trips that could not stay: what was to go, and what becomes of it."""

    plant: Name
    good: Name
    vehicle_class: Name
    trips: int
    at: datetime
    fate: Fate
    instead_at: datetime | None
    clause: Name | None
    law: str
    where: Name


@dataclass(frozen=True, slots=True)
class RevisedView:
    """The changes of all plants, or of some. What is counted of windows is of all."""

    publication: str
    at: datetime
    n_windows: int
    n_moved: int
    n_forced: int
    n_recorded: int
    n_planned: int
    moves: tuple[MoveView, ...]
    trips: tuple[tuple[Name, int, int], ...]
    """Trips more and fewer than published, by plant."""
    fates: tuple[FateView, ...]
    lost: tuple[str, ...]
    calm: tuple[tuple[Name, int], ...]
    """Exposure that plants were found to save alone, the most first."""
    n_held: int
    """Of them asked with their windows held."""
    not_asked: tuple[Name, ...]

    @property
    def calm_exposure(self) -> int:
        return sum(exposure for _, exposure in self.calm)

    @property
    def is_quiet(self) -> bool:
        return not (self.moves or self.trips or self.fates)


def revised_view(schedule: Schedule, plants: Container[str] | None = None) -> RevisedView | None:
    """What concerns some plants, all of them if None; None for a first plan."""
    published = schedule.published
    if published.revised is None:
        return None
    return _Viewing(schedule, published, published.revised, plants).view()


class _Viewing:
    def __init__(
        self,
        schedule: Schedule,
        published: Published,
        revised: Revised,
        plants: Container[str] | None,
    ) -> None:
        self._schedule, self._revised, self._plants = schedule, revised, plants
        self._registry: Registry = published.registry

    def view(self) -> RevisedView:
        told, name_of = self._revised, self._registry.name_of
        changes = [row for row in told.changes if self._concerns(row.plant)]
        moved = sorted((w for row in changes for w in row.windows), key=lambda w: w.was.opens_at)
        calm = sorted((r for r in told.calm if self._concerns(r.plant)), key=lambda r: -r.exposure)
        recorded = sum(item.origin == "recorded" for item in told.items)
        return RevisedView(
            publication=told.publication,
            at=told.at,
            n_windows=told.n_windows,
            n_moved=told.n_moved,
            n_forced=told.n_forced,
            n_recorded=recorded,
            n_planned=len(told.items) - recorded,
            moves=tuple(self._move(window) for window in moved),
            trips=tuple(
                (name_of(row.plant), row.trips_more, row.trips_fewer)
                for row in changes
                if row.trips_more or row.trips_fewer
            ),
            fates=tuple(self._fates()),
            lost=tuple(row.where for row in told.lost) if self._plants is None else (),
            calm=tuple((name_of(row.plant), row.exposure) for row in calm),
            n_held=sum(row.windows == "held" for row in calm),
            not_asked=tuple(name_of(p) for p in told.not_asked if self._concerns(p)),
        )

    def _concerns(self, plant: str) -> bool:
        return self._plants is None or plant in self._plants

    def _move(self, window: MovedWindow) -> MoveView:
        return MoveView(
            plant=self._registry.name_of(window.plant),
            gate=self._registry.name_of(window.was.gate),
            was=window.was,
            now=window.now,
            by_minutes=window.by_minutes,
            reason=window.reason,
            clauses=tuple(map(self._registry.name_of, window.clauses)),
        )

    def _fates(self) -> Iterator[FateView]:
        for row in self._revised.overrides:
            if self._concerns(row.plant):
                yield self._fate(row)

    def _fate(self, row: Overridden) -> FateView:
        leg, stream = self._schedule.leg(row.leg)
        name_of = self._registry.name_of
        return FateView(
            plant=name_of(row.plant),
            good=name_of(stream.good),
            vehicle_class=name_of(leg.vehicle_class),
            trips=row.trips,
            at=row.starts_at,
            fate=row.fate,
            instead_at=row.instead_at,
            clause=name_of(row.clause) if row.clause else None,
            law=row.law,
            where=name_of(row.where),
        )
