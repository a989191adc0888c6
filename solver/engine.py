"""CP-SAT behind one function: rows, an expression to minimise, hints in; values and bound out.

No CP-SAT object leaves this module. It speaks to the library below `cp_model`, whose import of
pandas takes most of a second of every process. Work is counted in CP-SAT's deterministic units
whenever a limit of them is given; then one worker with a fixed seed makes the answer repeatable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import ceil
from operator import itemgetter
from typing import Literal, TypeVar

from ortools.sat.python import cp_model_helper as cp_sat

from solver.linear import Expression, Row, Rows

Key = TypeVar("Key", bound=tuple[str | int, ...])

Verdict = Literal["optimal", "feasible", "infeasible", "unknown"]

_VERDICTS: dict[cp_sat.CpSolverStatus, Verdict] = {
    cp_sat.CpSolverStatus.OPTIMAL: "optimal",
    cp_sat.CpSolverStatus.FEASIBLE: "feasible",
    cp_sat.CpSolverStatus.INFEASIBLE: "infeasible",
}

FREE = (-(2**63), 2**63 - 1)
"""The sides of a row that has none."""


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
    brief: bool = False
    """A small model: nothing goes into probing, symmetries and inprocessing."""
    lean: bool = False
    """For a plant of which any point does, or one of few values: the relaxation gets a few rows at
    a time, and of cuts none by rounding mixed rows or by halves."""
    swift: bool = False
    """Brief, and the relaxation says nearly all: it has all rows from the beginning, and the hint
    is where the search begins and no more."""

    def times(self, factor: float) -> Limits:
        """The same with so many times the counted work, where that is limited."""
        work = self.counted_work
        return self if work is None else replace(self, counted_work=factor * work)


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


class _Watcher(cp_sat.SolutionCallback):
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

    def OnSolutionCallback(self) -> None:  # noqa: N802, the library's name
        value = round(self.ObjectiveValue()) + self._constant
        bound = ceil(self.BestObjectiveBound() - 1e-6) + self._constant
        if self._tell is not None:
            self._tell(value, bound)
        # Stopped at a hint that presolve completes, CP-SAT 9.15 aborts the process when it
        # interleaves: "solution->size() == postsolve_mapping.size()".
        if self._cancelled is not None and not self._is_first and self._cancelled():
            self.StopSearch()
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
    low = FREE[0] if row.low is None else row.low
    high = FREE[1] if row.high is None else row.high
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


def _read(model: Model) -> cp_sat.CpModelProto:
    read = cp_sat.CpModelProto()
    if not read.parse_text_format(model.text):
        raise ValueError(f"CP-SAT cannot read its own model: {model.text[:80]}...")
    return read


def core(rows: Rows, assumed: Mapping[int, Key], limits: Limits) -> frozenset[Key] | None:
    """Keys of rows that CP-SAT needs to see that no point keeps all rows, `assumed` being the
    numbers of rows that could be left out, each under a key; None where it found none.

    A guess to begin from: it is not least, and 9.15 has named rows that were not needed and left
    out rows that were. What is told from it is solved again.
    """
    model = _read(model_of(rows, Expression()))
    keys = dict(enumerate(sorted(set(assumed.values())), len(rows.lower)))
    literals = {key: literal for literal, key in keys.items()}
    for literal in keys:
        model.variables.add().domain.extend((0, 1))
        model.assumptions.append(literal)
    for number, key in assumed.items():
        model.constraints[number].enforcement_literal.append(literals[key])
    found = _solved(model, limits)
    if _VERDICTS.get(found.status) != "infeasible":
        return None
    return frozenset(keys[literal] for literal in found.sufficient_assumptions_for_infeasibility)


def _solved(
    model: cp_sat.CpModelProto, limits: Limits, watcher: _Watcher | None = None
) -> cp_sat.CpSolverResponse:
    engine = cp_sat.SolveWrapper()
    engine.set_parameters(_parameters(limits))
    if watcher is not None:
        engine.add_solution_callback(watcher)
    found: cp_sat.CpSolverResponse = engine.solve(model)  # type: ignore[no-untyped-call]
    if watcher is not None:
        engine.clear_solution_callback(watcher)
    return found


def _parameters(limits: Limits) -> cp_sat.SatParameters:
    parameters = cp_sat.SatParameters()
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
    if limits.brief or limits.swift:
        parameters.cp_model_probing_level = 0
        parameters.symmetry_level = 0
        parameters.use_sat_inprocessing = False
    if limits.lean:
        parameters.add_mir_cuts = False
        parameters.add_zero_half_cuts = False
        parameters.new_constraints_batch_size = 10
    if limits.swift:
        parameters.add_lp_constraints_lazily = False
        parameters.hint_conflict_limit = 0
    return parameters


def run_model(
    model: Model,
    limits: Limits,
    tell: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Answer:
    """Search a model within its limits."""
    objective = model.objective
    watcher = _Watcher(objective.constant, tell, cancelled) if tell or cancelled else None
    found = _solved(_read(model), limits, watcher)
    elapsed, work = found.wall_time, found.deterministic_time
    verdict = _VERDICTS.get(found.status, "unknown")
    clocked = (
        verdict in ("feasible", "unknown")
        and limits.seconds is not None
        and elapsed >= limits.seconds * 0.99
    )
    if verdict not in ("optimal", "feasible"):
        return Answer(verdict, [], None, None, work, clocked, elapsed)
    values = list(found.solution)
    value = objective.value(values)
    bound = value
    if verdict == "feasible":
        bound = ceil(found.best_objective_bound - 1e-6) + objective.constant
    return Answer(verdict, values, value, min(bound, value), work, clocked, elapsed)
