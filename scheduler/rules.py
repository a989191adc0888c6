"""The rules that are loaded, and what they ask of an enterprise at an instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel
from sqlmodel import Session

from scheduler import alerts, clock, datasets
from scheduler.domain.dataset import DatasetKind
from scheduler.domain.enterprise import Registry
from scheduler.domain.explanation import AppliedRule, Instrument, PlantRules
from scheduler.domain.measure import (
    EmissionBar,
    MeasureSet,
    Moment,
    OutputRule,
    Rule,
    TripCap,
    WindowRule,
    ZoneCap,
)
from scheduler.domain.network import Network
from scheduler.errors import NotFoundError
from scheduler.prepare.levels import Course, LevelPeriod, periods_in_force
from scheduler.prepare.measures import Subject, city_of, exempting_rule, subjects_of
from scheduler.store import bodies

ValueT = TypeVar("ValueT", bound=BaseModel)
INSTRUMENTS: tuple[Instrument, ...] = (
    "emission_bars", "trip_caps", "window_limits", "output_cuts", "drawdowns", "zone_caps",
)  # fmt: skip


def newest_network(session: Session) -> Network:
    return _newest(session, "network", Network)


def _newest(session: Session, kind: DatasetKind, value: type[ValueT]) -> ValueT:
    return value.model_validate_json(bodies.body(session, datasets.newest(session, kind).digest))


def explain(session: Session, enterprise: str, at: datetime) -> tuple[PlantRules, ...]:
    """What holds for each plant of an enterprise, by the newest data and the alerts known at the
    instant. Raises NotFoundError where the registry has no such enterprise."""
    rules = LoadedRules(
        _newest(session, "registry", Registry),
        newest_network(session),
        _newest(session, "measures", MeasureSet),
    )
    periods: list[LevelPeriod] = []
    for alert in alerts.list_alerts(session):
        known = [row for row in alert.revisions if row.known_at <= at]
        periods += periods_in_force(known or alert.revisions)
    return tuple(rules.of_enterprise(enterprise, periods, at))


def moment_of(city: str, periods: list[LevelPeriod], at: datetime) -> Moment:
    """A minute in a city: of several alerts the highest level and the longest episode count."""
    covering = [
        p
        for p in periods
        if p.city == city and p.starts_at <= at and (p.ends_at is None or at < p.ends_at)
    ]
    day = clock.local(at).date()
    if not covering:
        return Moment(None, day, None)
    level = max((period.level for period in covering), key=lambda level: level.severity)
    minutes = (at - min(period.episode_since for period in covering)) // timedelta(minutes=1)
    return Moment(level, day, (minutes, minutes + 1))


@dataclass(frozen=True)
class LoadedRules:
    """Measures, and the plants and zones that they speak of."""

    registry: Registry
    network: Network
    measures: MeasureSet

    def of_enterprise(
        self, enterprise: str, periods: list[LevelPeriod], at: datetime
    ) -> Iterator[PlantRules]:
        own = {p.plant_id for p in self.registry.plants if p.enterprise_id == enterprise}
        if not own:
            raise NotFoundError(f"the registry has no enterprise {enterprise} with a plant")
        courses = {
            city.city_id: Course((moment_of(city.city_id, periods, at),), frozenset())
            for city in self.registry.cities
        }
        for subject in subjects_of(self.registry, courses):
            if subject.plant in own:
                yield self._of_plant(subject, at)

    def _of_plant(self, subject: Subject, at: datetime) -> PlantRules:
        plant = self.registry.plant_by_id[subject.plant]
        place = self.registry.place_by_id[subject.plant]
        (moment,) = subject.course.moments
        exemption = exempting_rule(self.measures, subject)
        found = [
            (instrument, rule)
            for instrument in INSTRUMENTS
            for rule in getattr(self.measures, instrument)
            if self._applies(rule, subject) and (exemption is None or _is_of_place(rule))
        ]
        return PlantRules(
            plant=subject.plant,
            name_zh=place.name_zh,
            name_en=place.name_en,
            city=plant.city_id,
            sector=subject.sector,
            grade=subject.grade,
            operating_state=plant.operating_state,
            at=at,
            level=moment.level,
            episode_minutes=moment.episode[0] if moment.episode else None,
            exemption=(
                None
                if exemption is None
                else self._applied("exemptions", exemption, subject, at, [])
            ),
            filings=tuple(f for f in subject.filings if f.covers(at, at + timedelta(minutes=1))),
            rules=tuple(
                self._applied(instrument, rule, subject, at, [r for _, r in found])
                for instrument, rule in found
            ),
        )

    def _applies(self, rule: Rule, subject: Subject) -> bool:
        """Rules of zones and roads count where they lie in the plant's own city."""
        if isinstance(rule, ZoneCap) or (isinstance(rule, EmissionBar) and rule.at == "zone"):
            return bool(subject.slots(rule)) and any(
                city_of(zone, self.network) == subject.city for zone in rule.zones
            )
        return bool(subject.slots(rule))

    def _applied(
        self, instrument: Instrument, rule: Rule, subject: Subject, at: datetime, others: list[Rule]
    ) -> AppliedRule:
        timed = rule if isinstance(rule, EmissionBar | TripCap | WindowRule) else None
        return AppliedRule(
            measure=rule.measure_id,
            instrument=instrument,
            set_id=self.measures.set_of(rule.measure_id),
            clause=rule.clause,
            clause_en=rule.clause_en,
            source=rule.source,
            status=rule.status,
            hours=timed.hours if timed else (),
            polarity=timed.polarity if timed and timed.hours else None,
            bites=_bites(rule, at),
            overruled_by=_overruled(rule, [r for r in others if _bites(r, at)]),
            barred_classes=self._barred(rule, subject.plant),
            kinds=rule.kinds if isinstance(rule, EmissionBar) else (),
            exempt_kinds=timed.exempt_kinds if timed else (),
            exempt_if_filed=timed.exempt_if_filed if timed else (),
        )

    def _barred(self, rule: Rule, plant: str) -> tuple[str, ...]:
        if not isinstance(rule, EmissionBar):
            return ()
        fleet = [self.registry.class_by_id[f.class_id] for f in self.registry.fleets
                 if f.plant_id == plant]  # fmt: skip
        return tuple(c.class_id for c in fleet if rule.bars(c.fuel, c.emission_stage, c.size))


def _is_of_place(rule: Rule) -> bool:
    return isinstance(rule, ZoneCap) or (isinstance(rule, EmissionBar) and rule.at != "gate")


def _bites(rule: Rule, at: datetime) -> bool:
    """Whether the minute is one that the rule counts; a window limit holds at every hour."""
    if not isinstance(rule, EmissionBar | TripCap) or not rule.hours:
        return True
    local = clock.local(at)
    minute = local.hour * 60 + local.minute
    inside = any(run.holds(minute, minute + 1) for run in rule.hours)
    return inside == (rule.polarity == "forbid")


def _strictness(rule: Rule) -> tuple[int, str] | None:
    """What decides between rules of one instrument; None where all of them hold."""
    if isinstance(rule, TripCap | OutputRule):
        return rule.cut_percent, rule.measure_id
    if isinstance(rule, WindowRule):
        return -rule.max_open_minutes_day, rule.measure_id
    return None


def _overruled(rule: Rule, others: list[Rule]) -> str | None:
    own = _strictness(rule)
    rivals = [(s, r) for r in others if type(r) is type(rule) and (s := _strictness(r))]
    if own is None or not rivals:
        return None
    strictest, by = max(rivals, key=lambda pair: pair[0])
    return by.measure_id if strictest > own else None
