"""Where measures conflict: rules of two sets at odds, or rules that a plant cannot keep safely."""

from __future__ import annotations

from typing import Literal

from scheduler.domain.instant import Instant
from solver.instance import Id, Value

ConflictKind = Literal[
    "exempt_and_ordered", "windows_unlike", "no_window_left", "must_run_unsupplied",
    "must_run_stopped",
]  # fmt: skip


class ConflictingRule(Value):
    """A rule of a conflict, with the set that it comes from and its clause."""

    measure: Id
    set_id: str
    clause: str
    clause_en: str

    def said(self, language: Literal["zh-CN", "en"]) -> str:
        return self.clause_en if language == "en" and self.clause_en else self.clause


class MeasureConflict(Value):
    """Rules that conflict for some plants, first in the stretch of time that is told.

    exempt_and_ordered: the first rule frees plants that the second, of another set, gives orders.
    windows_unlike: no window keeps the least length of one rule and the most of the other.
    no_window_left: the rules leave no run of slots as long as a window must be.
    must_run_unsupplied: the rules leave no trip for a stock (`where`) without which a process
    that must run cannot, and what is in hand ends with `from_instant`.
    must_run_stopped: an output cut lowers a process (`where`) below its least safe rate.

    Of the last three no rule can be spared: without any one of them the conflict is gone.
    """

    kind: ConflictKind
    rules: tuple[ConflictingRule, ...]
    plants: tuple[Id, ...]
    where: str = ""
    from_instant: Instant
    to_instant: Instant
