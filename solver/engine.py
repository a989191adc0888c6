"""CP-SAT behind one function: rows, an expression to minimise, hints in; values and bound out.

No CP-SAT object leaves this module. Work is counted in CP-SAT's deterministic units whenever a
limit of them is given; then one worker with a fixed seed makes the answer repeatable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from operator import itemgetter
from typing import Literal, TypeVar

from ortools.sat.python import cp_model

from solver.linear import Expression, Row, Rows

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


@dataclass(frozen=True)
class Model:
    """A model as CP-SAT's protobuf text, which it reads three times as fast as its Python methods
    build it and other processes are handed in one piece; with the objective to reckon by."""

    text: str
    objective: Expression


def model_of(rows: Rows, objective: Expression, hint: Mapping[int, int] | None = None) -> Model:
    """The model of minimising an expression over rows."""
    parts = [
        f"variables{{domain:[{low},{high}]}}"
        for low, high in zip(rows.lower, rows.upper, strict=True)
    ]
    parts += [row.written or _write(row) for row in rows.rows]
    terms = objective.merged().terms
    if terms:
        parts.append(f"objective{{scaling_factor:1 {_written(terms)}}}")
    if hint:
        named, values = ",".join(map(str, hint)), ",".join(map(str, hint.values()))
        parts.append(f"solution_hint{{vars:[{named}]values:[{values}]}}")
    return Model("".join(parts), objective)


def _write(row: Row) -> str:
    low = cp_model.INT_MIN if row.low is None else row.low
    high = cp_model.INT_MAX if row.high is None else row.high
    row.written = f"constraints{{linear{{{_written(row.terms)}domain:[{low},{high}]}}}}"
    return row.written


def _written(terms: Iterable[tuple[int, int]]) -> str:
    coefficients, variables = zip(*sorted(terms, key=itemgetter(1)), strict=True)
    named, weights = ",".join(map(str, variables)), ",".join(map(str, coefficients))
    return f"vars:[{named}]coeffs:[{weights}]"


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
    return run_model(model_of(rows, objective, hint), limits, tell, cancelled)


def _read(model: Model) -> cp_model.CpModel:
    read = cp_model.CpModel()
    if not read.proto.parse_text_format(model.text):
        raise ValueError(f"CP-SAT cannot read its own model: {model.text[:80]}...")
    return read


def core(rows: Rows, assumed: Mapping[int, Key], limits: Limits) -> frozenset[Key] | None:
    """Keys of rows that CP-SAT needs to see that no point keeps all rows, `assumed` being the
    numbers of rows that could be left out, each under a key; None where it found none.

    A guess to begin from: it is not least, and 9.15 has named rows that were not needed and left
    out rows that were. What is told from it is solved again.
    """
    model = _read(model_of(rows, Expression()))
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


def run_model(
    model: Model,
    limits: Limits,
    tell: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Answer:
    """Search a model within its limits."""
    objective, solver = model.objective, cp_model.CpSolver()
    _set(solver, limits)
    watcher = _Watcher(objective.constant, tell, cancelled) if tell or cancelled else None
    status = solver.solve(_read(model), watcher)
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
