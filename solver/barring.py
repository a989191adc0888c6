"""Questions to a trial: do some laws alone, all others being left out, bar the window?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from solver.inquiry import MODEL_WORK
from solver.loosen import BindingLaw, Relaxation
from solver.trial import ROADS, Cells, Most, Said, Trial

ReasonLaw = BindingLaw | Literal["stage", "decisions"]

COARSE: tuple[ReasonLaw, ...] = ("stock_balance", "end_stock")
"""Laws that set the grain in which goods are refused: left out, the grain is another."""


@dataclass(frozen=True)
class Item:
    """Something that could be left out: a law at an object, or a stage."""

    law: ReasonLaw
    where: str
    part: str
    relaxation: Relaxation | None
    """None for a stage."""

    @property
    def place(self) -> tuple[str, str]:
        """What a road, zone or stage is called in a cell."""
        return ROADS.get(self.law, self.law), self.where


@dataclass(frozen=True)
class Laws:
    """Items that are enforced, and slots of roads that are not."""

    items: frozenset[Item]
    opened: Cells = frozenset()


@dataclass(frozen=True)
class _Point:
    """What fits under some laws: these but for roads and stages, and the cells that it overruns."""

    inner: frozenset[Item]
    over: Cells

    def keeps(self, laws: Laws, inner: frozenset[Item]) -> bool:
        """Whether it keeps these laws too, of which `inner` are neither roads nor stages."""
        if not inner <= self.inner or _coarse(inner) != _coarse(self.inner):
            return False
        places = {item.place for item in laws.items}
        return all(cell[:2] not in places for cell in self.over - laws.opened)


class Barring:
    """What was asked of a trial that ended in no, `most` being what stages may cost, within so much
    work a question and so much in all; what a point that was found answers is not asked."""

    def __init__(
        self, trial: Trial, most: Most, every: Collection[Item], work: float, total: float
    ) -> None:
        self._trial, self._most, self._every = trial, most, every
        self._work, self._left = work, total
        self._known: dict[Laws, bool | None] = {}
        self._tried: dict[Laws, float] = {}
        """How many times the usual work was not enough."""
        self._points: list[_Point] = []

    def bars(self, laws: Laws, times: float = 1) -> bool | None:
        """Whether these laws alone bar the window; None where so many times the usual work, or what
        is left in all, does not decide it."""
        if self._known.get(laws) is None and self._tried.get(laws, 0) < times:
            self._tried[laws], self._known[laws] = times, self._answer(laws, times)
        return self._known[laws]

    def limit(self, work: float) -> None:
        """No more than so much in all from now on."""
        self._left = min(self._left, work)

    def _answer(self, laws: Laws, times: float) -> bool | None:
        inner = frozenset(item for item in laws.items if _is_inner(item))
        if any(point.keeps(laws, inner) for point in self._points):
            return False
        said = Said(None)
        if times > 1:
            said = self._ask(laws, self._work, bare=True)
        if said.no is None:
            said = self._ask(laws, times * self._work)
        if said.no is False:
            self._points.append(_Point(inner, said.overrun | self._too_dear(said.costs)))
        return said.no

    def _ask(self, laws: Laws, work: float, *, bare: bool = False) -> Said:
        """One solve, if there is work left. `bare`, another way, decides at once some that the
        usual way does not with much work."""
        if self._left <= 0:
            return Said(None)
        held = {item.where for item in laws.items if item.relaxation is None}
        most = {stage: limit for stage, limit in self._most.items() if stage in held}
        loose = [i.relaxation for i in self._every if i.relaxation and i not in laws.items]
        work = min(work, self._left)
        said = self._trial.says_no(work, loose, most, laws.opened, bare=bare)
        self._left -= said.work + MODEL_WORK
        return said

    def _too_dear(self, costs: Most) -> Cells:
        return frozenset(
            ("stage", stage, 0) for stage, most in self._most.items() if costs[stage] > most
        )


def _is_inner(item: Item) -> bool:
    return item.relaxation is not None and item.law not in ROADS


def _coarse(items: frozenset[Item]) -> frozenset[Item]:
    return frozenset(item for item in items if item.law in COARSE)
