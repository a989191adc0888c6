"""Plants that keep no windows in the published stretch, each with the clause that makes it so."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from api.console.facts import Name, NextChange, Standing
from scheduler.domain.alert import Statement
from scheduler.domain.directory import PlantCard
from scheduler.domain.schedule import PlantSchedule, Restriction, Schedule


def standings(
    cards: Iterable[PlantCard],
    statement: Statement,
    schedule: Schedule | None,
    clauses: Mapping[str, str],
) -> Iterator[Standing]:
    """Every plant without windows: closed, outside the alert, exempt, or scheduled with none, by
    what `clauses` say in English."""
    ends = NextChange(statement.ends_at, "alert_ends") if statement.ends_at else None
    for card in cards:
        name = Name(card.name_zh, card.name_en)
        row = schedule.plant(card.plant) if schedule else None
        if card.status == "closed":
            yield Standing(card.enterprise, name, "closed", Name(card.clause), None)
        elif statement.level_of(card.city) is None:
            yield Standing(card.enterprise, name, "outside", document_of(statement), None)
        elif card.exempt_clause is not None:
            clause = _clause(card.exempt_clause, clauses)
            yield Standing(card.enterprise, name, "exempt", clause, ends)
        elif schedule is not None and row is not None:
            yield from _scheduled(name, row, schedule, clauses)


def _scheduled(
    name: Name, row: PlantSchedule, schedule: Schedule, clauses: Mapping[str, str]
) -> Iterator[Standing]:
    """A plant of the schedule: barred throughout, stopped, or left without a window."""
    until = schedule.published_until
    throughout = [
        rule
        for rule in row.restrictions
        if rule.from_instant <= schedule.starts_at and rule.to_instant >= until
    ]
    barred = [rule for rule in throughout if rule.what == "barred"]
    if barred:
        yield _standing(row, name, "barred", barred[0], clauses)
        return
    if any(window.opens_at < until for window in row.windows):
        return
    cuts = [rule for rule in row.restrictions if rule.what == "output"]
    limits = [rule for rule in row.restrictions if rule.what == "windows"]
    if cuts and row.output.permitted_utrip == 0:
        yield _standing(row, name, "stopped", cuts[0], clauses)
    elif limits:
        yield _standing(row, name, "idle", limits[0], clauses)


def _standing(
    row: PlantSchedule,
    name: Name,
    kind: Literal["barred", "stopped", "idle"],
    rule: Restriction,
    clauses: Mapping[str, str],
) -> Standing:
    ends = NextChange(rule.to_instant, "measure_ends")
    return Standing(row.card.enterprise, name, kind, _clause(rule.clause, clauses), ends)


def document_of(statement: Statement) -> Name:
    """The document that states an alert."""
    return Name(statement.document_number, statement.document_number_en or None)


def _clause(text: str, clauses: Mapping[str, str]) -> Name:
    return Name(text, clauses.get(text))
