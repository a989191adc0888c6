"""An alert: what a government declared, revision by revision, apart from what the rules advise.

An alert is never edited. Declaring, revising and lifting each add a revision that states the whole
alert anew; the last one known at an instant counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from scheduler.domain.instant import Instant, Minute
from scheduler.domain.received import Received
from scheduler.texts import Language
from solver.instance import Id, Value

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Translation = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
"""English of a text; empty where there is none."""
SealedTranslation = Annotated[Translation, Field(exclude_if=lambda english: not english)]
"""Left out where there is none, so that what was sealed before keeps its digest."""


class Level(StrEnum):
    """Severity of an alert, mildest first; a rule set need not use all of them."""

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def severity(self) -> int:
        return list(Level).index(self)


class Area(Received):
    """The cities where one level holds."""

    level: Level
    cities: Annotated[tuple[Id, ...], Field(min_length=1)]


class Statement(Received):
    """What is declared: levels by area, from a minute on, to an end that may be open."""

    areas: Annotated[tuple[Area, ...], Field(min_length=1)]
    starts_at: Minute
    ends_at: Minute | None = None
    declared_by: Text
    declared_by_en: Annotated[
        SealedTranslation, Field(description="who declares it, in English")
    ] = ""
    document_number: Text
    document_number_en: Annotated[
        SealedTranslation, Field(description="the document in English")
    ] = ""

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        cities = [city for area in self.areas for city in area.cities]
        twice = sorted({city for city in cities if cities.count(city) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} named twice; a city has one level")
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError(f"the alert would end at {self.ends_at}, before it starts")
        return self

    def level_of(self, city: str) -> Level | None:
        """The level declared for a city; None outside the alert's region."""
        return next((area.level for area in self.areas if city in area.cities), None)

    def by(self, language: Language) -> str:
        """Who declares it, in English where that is asked for and there is one."""
        english = self.declared_by_en if language == "en" else ""
        return english or self.declared_by

    def document(self, language: Language) -> str:
        """The document's number, in English where that is asked for and there is one."""
        english = self.document_number_en if language == "en" else ""
        return english or self.document_number

    @property
    def cities(self) -> tuple[str, ...]:
        return tuple(sorted(city for area in self.areas for city in area.cities))

    def covers(self, instant: datetime) -> bool:
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)


class Revision(Value):
    """The nth statement of an alert, and when it became known. A lifting states the end."""

    alert: Id
    number: Annotated[int, Field(ge=1)]
    action: Literal["declare", "revise", "lift"]
    statement: Statement
    known_at: Instant

    @model_validator(mode="after")
    def _opens_with_a_declaration(self) -> Self:
        if (self.number == 1) != (self.action == "declare"):
            raise ValueError("the first revision of an alert, and no other, declares it")
        if self.action == "lift" and self.statement.ends_at is None:
            raise ValueError("a lifting states the minute at which the alert ends")
        return self


class Stretch(NamedTuple):
    """From `starts_at` to `ends_at` (None: no end is known) one revision counts."""

    revision: Revision
    starts_at: datetime
    ends_at: datetime | None

    def covers(self, instant: datetime) -> bool:
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)


def stretches_of(revisions: Sequence[Revision]) -> tuple[Stretch, ...]:
    """Which of some revisions, oldest first, counts when: each from its start to its end, or to
    the start of a later one. One that was replaced before it began never counts, and what it would
    have ended goes on."""
    later = (*revisions[1:], None)
    counted = [
        revision
        for revision, following in zip(revisions, later, strict=True)
        if following is None or following.known_at > revision.statement.starts_at
    ]
    stretches: list[Stretch] = []
    cut: datetime | None = None
    for revision in reversed(counted):
        start, end = revision.statement.starts_at, revision.statement.ends_at
        if cut is not None:
            end = cut if end is None else min(end, cut)
        if end is None or start < end:
            stretches.append(Stretch(revision, start, end))
            cut = start
    return tuple(reversed(stretches))


class Alert(Value):
    """An alert as the sequence of its revisions, oldest first."""

    id: Id
    revisions: Annotated[tuple[Revision, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        numbers = [revision.number for revision in self.revisions]
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError(f"alert {self.id}: revisions {numbers} leave a gap")
        if any(later.known_at < former.known_at for former, later in pairwise(self.revisions)):
            raise ValueError(f"alert {self.id}: a revision was known before the one it follows")
        return self

    @property
    def latest(self) -> Revision:
        return self.revisions[-1]

    @property
    def is_lifted(self) -> bool:
        return self.latest.action == "lift"

    @property
    def starts_at(self) -> datetime:
        """When the first statement that ever counted begins."""
        return self.stretches[0].starts_at

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        return stretches_of(self.revisions)

    def counting(self, at: datetime) -> Stretch | None:
        """The stretch that holds an instant; None before, after and between them."""
        return next((stretch for stretch in self.stretches if stretch.covers(at)), None)

    def known(self, instant: datetime) -> Revision | None:
        """The revision that counted with what was known at an instant."""
        return last_known(self.revisions, instant)


def last_known(revisions: Sequence[Revision], instant: datetime) -> Revision | None:
    known = [revision for revision in revisions if revision.known_at <= instant]
    return known[-1] if known else None


class Advice(Value):
    """The level that a rule set computes from a forecast for an area. It declares nothing."""

    id: Id
    rule_set: Id
    forecast: Id
    """Digest of the air data that it was computed from."""
    areas: tuple[AdvisedArea, ...]
    known_at: Instant


class AdvisedArea(Value):
    """What is advised for a city: no level, or one with its time, clause and the values met."""

    city: Id
    level: Level | None
    starts_at: Instant | None
    ends_at: Instant | None
    clause: str
    values: str
