"""Why not this window: asked of what is in force or of files, answered by the solver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from scheduler.clauses import clause_of
from scheduler.domain.why_not import BarredBy, GateSpan, Named, PlannedAnew, Span, WhyNot
from scheduler.stretches import inner_slots, stretch
from scheduler.unaskable import cannot_ask
from solver.asked_window import AskedWindow, windows_of
from solver.instance import Instance, Plant
from solver.plan import Plan
from solver.reasons import Reason
from solver.why_not import why_not
from solver.window_answer import Moved

if TYPE_CHECKING:
    from sqlmodel import Session

    from scheduler.domain.directory import PlantCard

Names = Mapping[str, Named]


class Wanted(NamedTuple):
    """A window as people write it (`scheduler/stretches.py`), at one gate or at all, and the window
    that would be given up for it."""

    window: str
    gate: str | None = None
    instead_of: str | None = None


class Question(NamedTuple):
    """A window asked for at one gate of a plan."""

    instance: Instance
    plan: Plan
    asked: AskedWindow
    names: Names
    publication: str | None


def ask(session: Session, enterprise: str, at: datetime, wanted: Wanted) -> tuple[Question, ...]:
    """The questions for each gate of the enterprise's plants in force that is meant: the one named,
    those that have the window to give up, or all.

    Raises NotFoundError as `why.ask` does, BadInputError for what cannot be asked.
    """
    from scheduler import why  # the database, which a question of files needs not

    found: list[Question] = []
    gates: list[str] = []
    for one in why.ask(session, enterprise, at):
        plant = _plant(one.instance, one.plant.card.plant)
        gates += [gate.id for gate in plant.gates]
        after = max(at, one.instance.grid.at(0))
        found += [
            Question(one.instance, one.plan, asked, named(one.cards), one.publication)
            for asked in _asked(one.instance, one.plan, plant, wanted, after)
        ]
    return _some(found, wanted, gates)


def ask_files(instance: Instance, plan: Plan, plant: str, wanted: Wanted) -> tuple[Question, ...]:
    """The same of a plan file; bare hours are the next ones from the plan's start on."""
    if plan.instance_digest != instance.digest:
        raise cannot_ask("other_instance", "give_instance")
    of = _plant(instance, plant)
    found = [
        Question(instance, plan, asked, {}, None)
        for asked in _asked(instance, plan, of, wanted, instance.grid.at(0))
    ]
    return _some(found, wanted, [gate.id for gate in of.gates])


def named(cards: Iterable[PlantCard]) -> dict[str, Named]:
    return {
        card.plant: Named(id=card.plant, name_zh=card.name_zh, name_en=card.name_en)
        for card in cards
    }


def _plant(instance: Instance, plant: str) -> Plant:
    found = next((p for p in instance.plants if p.id == plant), None)
    if found is None:
        raise cannot_ask("no_plant", plant=plant)
    return found


def _asked(
    instance: Instance, plan: Plan, plant: Plant, wanted: Wanted, after: datetime
) -> Iterator[AskedWindow]:
    if plan.decisions is None:
        raise cannot_ask("no_windows", status=plan.status)
    first, end = inner_slots(instance.grid, stretch(wanted.window, after))
    instead = None
    if wanted.instead_of is not None:
        instead = inner_slots(instance.grid, stretch(wanted.instead_of, after))
    for gate in plant.gates:
        if wanted.gate not in (None, gate.id):
            continue
        if instead is not None and instead not in windows_of(plan.decisions, gate.id):
            continue
        yield AskedWindow(
            plant=plant.id, gate=gate.id, first_slot=first, end_slot=end, instead_of=instead
        )


def _some(found: list[Question], wanted: Wanted, gates: list[str]) -> tuple[Question, ...]:
    if not found and wanted.gate is not None and wanted.gate not in gates:
        raise cannot_ask("no_gate", "gates", gate=wanted.gate, known=", ".join(gates))
    if not found:
        raise cannot_ask("not_had", "whole", window=wanted.instead_of or "-")
    return tuple(found)


def solve(question: Question) -> WhyNot:
    """The answer, which takes a second or some."""
    instance, asked = question.instance, question.asked
    answer = why_not(instance, question.plan, asked)
    tell = Telling(instance, question.names)
    return WhyNot(
        plant=tell.plant(asked.plant),
        publication=question.publication,
        asked=tell.gate_span((asked.gate, asked.first_slot, asked.end_slot)),
        instead_of=None if asked.instead_of is None else tell.span(asked.instead_of),
        kind=answer.kind,
        reasons=tuple(tell.reason(reason) for reason in answer.reasons),
        irreducible=answer.irreducible,
        nearest=tuple(tell.span(slots) for slots in answer.nearest),
        neighbourhoods=tell.groups(answer.neighbourhoods),
        open_neighbourhoods=tell.groups(answer.open_neighbourhoods),
        clocked=answer.clocked,
        moved=tell.moved(answer.moved),
        stages=answer.stages,
        proof=answer.proof,
        plan=answer.plan,
    )


class Telling:
    """Slots as instants and ids with their names."""

    def __init__(self, instance: Instance, names: Names) -> None:
        self._instance, self._names = instance, names

    def plant(self, plant: str) -> Named:
        return self._names.get(plant, Named(id=plant, name_zh=plant, name_en=plant))

    def groups(self, groups: Iterable[tuple[str, ...]]) -> tuple[tuple[Named, ...], ...]:
        return tuple(tuple(map(self.plant, group)) for group in groups)

    def span(self, slots: tuple[int, int]) -> Span:
        at = self._instance.grid.at
        return at(slots[0]), at(slots[1])

    def gate_span(self, window: tuple[str, int, int]) -> GateSpan:
        opens_at, closes_at = self.span(window[1:])
        return GateSpan(gate=window[0], opens_at=opens_at, closes_at=closes_at)

    def moved(self, rows: Iterable[Moved]) -> tuple[PlannedAnew, ...]:
        return tuple(
            PlannedAnew(
                plant=self.plant(row.plant),
                before=tuple(map(self.gate_span, row.before)),
                after=tuple(map(self.gate_span, row.after)),
            )
            for row in rows
        )

    def reason(self, reason: Reason) -> BarredBy:
        return BarredBy(
            law=reason.law,
            where=reason.where,
            part=reason.part,
            clause=clause_of(self._instance, reason.where),
            spans=tuple(map(self.span, reason.slots)),
            sharers=tuple(map(self.plant, reason.sharers)),
        )
