"""A mixed-integer model for HiGHS, row by row, and what HiGHS says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil, gcd

import highspy
import numpy as np

Term = tuple[int, int]
"""(coefficient, column)."""

WHOLE_GAP = 0.9
"""A value that is whole and within this of the bound is the least one."""


@dataclass
class Sum:
    """A linear expression; equal columns are added up."""

    columns: Counter[int] = field(default_factory=Counter)
    constant: int = 0

    def add(self, coefficient: int, column: int | None) -> None:
        """`None` is a column that cannot be above 0."""
        if column is not None:
            self.columns[column] += coefficient

    def include(self, other: Sum, factor: int = 1) -> None:
        for column, coefficient in other.columns.items():
            self.columns[column] += factor * coefficient
        self.constant += factor * other.constant

    def value(self, values: Sequence[int]) -> int:
        return self.constant + sum(c * values[column] for column, c in self.columns.items())


@dataclass(frozen=True)
class Limits:
    """Seconds, nodes of the search and threads for one stage; by default HiGHS goes on to the
    proof. Nodes are counted alike on a busy machine and an idle one."""

    seconds: float | None = None
    nodes: int | None = None
    threads: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Found:
    """Whole values (None if none were found), their worth, and the proved least worth."""

    values: list[int] | None
    value: int | None
    bound: int
    proved: bool


class Mip:
    """Columns of whole numbers and the rows that hold them."""

    def __init__(self) -> None:
        self._low: list[int] = []
        self._high: list[int] = []
        self._rows: list[tuple[list[int], list[int], float, float]] = []

    def column(self, low: int, high: int) -> int:
        self._low.append(low)
        self._high.append(high)
        return len(self._low) - 1

    def most(self, column: int) -> int:
        return self._high[column]

    def least(self, column: int) -> int:
        return self._low[column]

    def at_most(self, expression: Sum, most: int) -> None:
        """The expression is at most a number: divided by what its coefficients share, so that
        what remains of the number is rounded down."""
        self._add(expression, None, most)

    def at_least(self, expression: Sum, least: int) -> None:
        self._add(expression, least, None)

    def equal(self, expression: Sum, amount: int) -> None:
        self._add(expression, amount, amount)

    def _add(self, expression: Sum, low: int | None, high: int | None) -> None:
        items = [(column, c) for column, c in sorted(expression.columns.items()) if c]
        low = None if low is None else low - expression.constant
        high = None if high is None else high - expression.constant
        if not items:
            if (low is not None and low > 0) or (high is not None and high < 0):
                self._rows.append(([], [], 1.0, 1.0))
            return
        shared = gcd(*(c for _, c in items))
        least = -highspy.kHighsInf if low is None else float(-(-low // shared))
        most = highspy.kHighsInf if high is None else float(high // shared)
        columns, coefficients = [column for column, _ in items], [c // shared for _, c in items]
        self._rows.append((columns, coefficients, least, most))

    def minimise(self, objective: Sum, limits: Limits, known: Sequence[int] | None = None) -> Found:
        """The least value of an expression, as far as the limits go.

        `known` values keep every row. They are no start: with one, HiGHS 1.16 has called values
        optimal that were not. They judge what HiGHS says: where they are worth less than it calls
        possible it is asked again without presolve, and believed in nothing if it says so again.
        Tolerances are its own: at 1e-9 it has called rows infeasible whose sums run to millions.
        """
        found = self._minimised(objective, limits, "choose")
        if known is None or not _contradicts(found, objective.value(known)):
            return found
        again = self._minimised(objective, limits, "off")
        if _contradicts(again, objective.value(known)):
            return Found(None, None, 0, False)
        return again

    def _minimised(self, objective: Sum, limits: Limits, presolve: str) -> Found:
        highs = highspy.Highs()
        highs.setOptionValue("presolve", presolve)
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("mip_rel_gap", 0.0)
        highs.setOptionValue("mip_abs_gap", WHOLE_GAP)
        highs.setOptionValue("threads", limits.threads)
        highs.setOptionValue("random_seed", limits.seed)
        if limits.seconds is not None:
            highs.setOptionValue("time_limit", max(0.1, limits.seconds))
        if limits.nodes is not None:
            highs.setOptionValue("mip_max_nodes", limits.nodes)
        highs.passModel(self._as_lp(objective))
        highs.run()
        return self._found(highs, objective)

    def _as_lp(self, objective: Sum) -> highspy.HighsLp:
        n_columns, lp = len(self._low), highspy.HighsLp()
        costs = np.zeros(n_columns)
        for column, cost in objective.columns.items():
            costs[column] = cost
        lp.num_col_, lp.num_row_ = n_columns, len(self._rows)
        lp.col_cost_ = costs
        lp.col_lower_ = np.array(self._low, dtype=float)
        lp.col_upper_ = np.array(self._high, dtype=float)
        lp.integrality_ = [highspy.HighsVarType.kInteger] * n_columns
        lp.row_lower_ = np.array([low for _, _, low, _ in self._rows])
        lp.row_upper_ = np.array([high for _, _, _, high in self._rows])
        lengths = [len(columns) for columns, _, _, _ in self._rows]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        lp.a_matrix_.index_ = np.array(_flat(c for c, _, _, _ in self._rows), dtype=np.int32)
        lp.a_matrix_.value_ = np.array(_flat(c for _, c, _, _ in self._rows), dtype=float)
        return lp

    def _found(self, highs: highspy.Highs, objective: Sum) -> Found:
        info, status = highs.getInfo(), highs.getModelStatus()
        bound = _whole_up(info.mip_dual_bound, objective.constant)
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return Found(None, None, bound, status == highspy.HighsModelStatus.kInfeasible)
        values = [round(value) for value in highs.getSolution().col_value]
        value = objective.value(values)
        proved = status == highspy.HighsModelStatus.kOptimal
        return Found(values, value, value if proved else min(bound, value), proved)


def _contradicts(found: Found, known: int) -> bool:
    """Whether it is said that nothing is worth as little as what is known."""
    return found.bound > known or (found.proved and (found.value is None or found.value > known))


def _whole_up(bound: float, constant: int) -> int:
    """The least whole value not below a bound that is as exact as binary64."""
    if not abs(bound) < highspy.kHighsInf:
        return 0
    return max(0, ceil(bound - 1e-6 * max(1.0, abs(bound) / 1e3)) + constant)


def _flat(lists: Iterable[list[int]]) -> list[int]:
    return [item for one in lists for item in one]
