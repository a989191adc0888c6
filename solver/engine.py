"""CP-SAT behind one function: rows, an expression to minimise, hints in; values and bound out.

No CP-SAT object leaves this module. Work is counted in CP-SAT's deterministic units whenever a
limit of them is given; then one worker with a fixed seed makes the answer repeatable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Literal, TypeVar

from ortools.sat.python import cp_model

from solver.linear import Expression, Rows

Key = TypeVar("Key", bound=tuple[str | int, ...])

Verdict = Literal["optimal", "feasible", "infeasible", "unknown"]

_VERDICTS: dict[cp_model.CpSolverStatus, Verdict] = {
    cp_model.OPTIMAL: "optimal",
    cp_model.FEASIBLE: "feasible",
    cp_model.INFEASIBLE: "infeasible",
}


MENDING_CONFLICTS = 200
"""Conflicts after which a hint is given up."""


@dataclass(frozen=True)
class Limits:
    """What a solve may use. With `counted_work` the clock only guards."""

    seconds: float | None = None
    counted_work: float | None = None
    seed: int = 0
    workers: int = 1
    interleave: bool = False
    """Run the workers' strategies in turn on one thread, repeatably."""
    relative_gap: float = 0.0
    presolve: bool = True
    first: bool = False
    """End at the first point that keeps all rows; the objective leads there."""
    mend: bool = False
    """Search near the hint for values that keep all rows before searching elsewhere."""


@dataclass(frozen=True)
class Answer:
    """Values by variable (empty without a solution), the value of the objective and a proved
    lower bound on it; `counted_work` used; `clocked` when only the clock stopped the search."""

    verdict: Verdict
    values: list[int]
    value: int | None
    bound: int | None
    counted_work: float
    clocked: bool
    seconds: float


class _Watcher(cp_model.CpSolverSolutionCallback):
    """Tells each better value, and stops the search when asked."""

    def __init__(
        self,
        constant: int,
        tell: Callable[[int, int], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        super().__init__()
        self._constant = constant
        self._tell = tell
        self._cancelled = cancelled
        self._is_first = True

    def on_solution_callback(self) -> None:
        value = round(self.objective_value) + self._constant
        bound = ceil(self.best_objective_bound - 1e-6) + self._constant
        if self._tell is not None:
            self._tell(value, bound)
        # Stopped at a hint that presolve completes, CP-SAT 9.15 aborts the process when it
        # interleaves: "solution->size() == postsolve_mapping.size()".
        if self._cancelled is not None and not self._is_first and self._cancelled():
            self.stop_search()
        self._is_first = False


def minimise(
    rows: Rows,
    objective: Expression,
    limits: Limits,
    hint: Mapping[int, int] | None = None,
    tell: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Answer:
    """Minimise an expression over rows. `tell(value, bound)` hears of each better value; a search
    that `cancelled` says to stop ends at its next better value or limit."""
    model = _model_of(rows)
    if objective.terms:
        model.minimize(
            cp_model.LinearExpr.weighted_sum(
                [model.get_int_var_from_proto_index(v) for _, v in objective.terms],
                [c for c, _ in objective.terms],
            )
        )
    for variable, value in (hint or {}).items():
        model.add_hint(model.get_int_var_from_proto_index(variable), value)
    return _run(model, objective, limits, tell, cancelled)


def _model_of(rows: Rows) -> cp_model.CpModel:
    """CP-SAT's model of rows: variables and constraints by the same numbers. Written as messages,
    which takes half of the time that expressions take, with terms in the order that those have."""
    model = cp_model.CpModel()
    for bounds in zip(rows.lower, rows.upper, strict=True):
        model.proto.variables.add().domain.extend(bounds)
    for row in rows.rows:
        linear = model.proto.constraints.add().linear
        terms = sorted([(v, c) for c, v in row.terms])
        linear.vars.extend([v for v, _ in terms])
        linear.coeffs.extend([c for _, c in terms])
        low = cp_model.INT_MIN if row.low is None else row.low
        high = cp_model.INT_MAX if row.high is None else row.high
        linear.domain.extend((low, high))
    return model


def core(rows: Rows, assumed: Mapping[int, Key], limits: Limits) -> frozenset[Key] | None:
    """Keys of rows that CP-SAT needs to see that no point keeps all rows, `assumed` being the
    numbers of rows that could be left out, each under a key; None where it found none.

    A guess to begin from: it is not least, and 9.15 has named rows that were not needed and left
    out rows that were. What is told from it is solved again.
    """
    model = _model_of(rows)
    literals = {key: model.new_bool_var("") for key in sorted(set(assumed.values()))}
    for number, key in assumed.items():
        model.proto.constraints[number].enforcement_literal.append(literals[key].index)
    model.add_assumptions(list(literals.values()))
    solver = cp_model.CpSolver()
    _set(solver, limits)
    if solver.solve(model) != cp_model.INFEASIBLE:
        return None
    keys = {literal.index: key for key, literal in literals.items()}
    return frozenset(keys[index] for index in solver.sufficient_assumptions_for_infeasibility())


def _set(solver: cp_model.CpSolver, limits: Limits) -> None:
    parameters = solver.parameters
    parameters.random_seed = limits.seed
    parameters.num_workers = limits.workers
    parameters.linearization_level = 2
    parameters.relative_gap_limit = limits.relative_gap
    parameters.cp_model_presolve = limits.presolve
    if limits.workers == 1:
        # Presolve finds most of a plant or a few in its first pass; more costs more than it gains.
        parameters.max_presolve_iterations = 1
    if limits.seconds is not None:
        parameters.max_time_in_seconds = max(0.01, limits.seconds)
    if limits.counted_work is not None:
        parameters.max_deterministic_time = limits.counted_work
    parameters.interleave_search = limits.interleave
    parameters.stop_after_first_solution = limits.first
    if limits.mend:
        parameters.repair_hint = True
        parameters.hint_conflict_limit = MENDING_CONFLICTS


def _run(
    model: cp_model.CpModel,
    objective: Expression,
    limits: Limits,
    tell: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Answer:
    solver = cp_model.CpSolver()
    _set(solver, limits)
    watcher = _Watcher(objective.constant, tell, cancelled) if tell or cancelled else None
    status = solver.solve(model, watcher)
    elapsed = solver.wall_time
    verdict = _VERDICTS.get(status, "unknown")
    work = solver.response_proto.deterministic_time
    clocked = (
        verdict in ("feasible", "unknown")
        and limits.seconds is not None
        and elapsed >= limits.seconds * 0.99
    )
    if verdict not in ("optimal", "feasible"):
        return Answer(verdict, [], None, None, work, clocked, elapsed)
    values = list(solver.response_proto.solution)
    value = objective.value(values)
    bound = value
    if verdict == "feasible":
        bound = ceil(solver.best_objective_bound - 1e-6) + objective.constant
    return Answer(verdict, values, value, min(bound, value), work, clocked, elapsed)
