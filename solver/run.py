"""What one solve may use, what it has used, and whom it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from solver import stages
from solver.derive import Derived
from solver.engine import Answer, Limits
from solver.instance import LARGEST_SAFE, StageName
from solver.plan import CalmCost, Certificate, Proof, StageResult

SHARES: dict[StageName, float] = {
    "safety_shortfall": 0.1,
    "output_shortfall": 0.65,
    "changed_departures": 0.1,
    "exposure": 0.2,
    "windows": 0.05,
}
"""Share of the work that each stage may use; what one leaves the later ones inherit."""


UNITS_A_SECOND = 0.35
"""Counted work that a worker is taken to do in a second: in 60 s on two quiet cores 0.43 and 0.49
were measured at 40 generated plants, 0.32 at 200. Too high a guess, and bounds use the seconds of
the search."""

MOST_A_WORKER = 3
"""Sub-problems at once for each worker: one under way, two for the time that it takes to ask."""

LEAST_WORK = 0.001
"""Counted work of a sub-problem that presolve alone solves: without it a search limited by counted
work might never end."""


@dataclass(frozen=True)
class SolveParams:
    """What a solve may use.

    `time_limit_s`: seconds in all; with `deterministic_limit` (CP-SAT's counted units) the clock
    only guards, and the same instance, parameters and seed give the same plan.
    """

    time_limit_s: float | None = 60.0
    deterministic_limit: float | None = None
    seed: int = 0
    workers: int = 2

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"workers must be 1 or more, not {self.workers}")
        for name in ("time_limit_s", "deterministic_limit"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name} must be above 0, not {value}")


@dataclass(frozen=True)
class Progress:
    """Where a solve stands: the stage, its best value and proved bound, seconds so far."""

    stage: StageName
    value: int
    bound: int
    seconds: float


@dataclass
class Run:
    """What one solve has used and whom it tells."""

    derived: Derived
    params: SolveParams
    on_progress: Callable[[Progress], None] | None
    cancelled: Callable[[], bool]
    clock: Callable[[], float] | None
    executor: Executor | None
    began: float = 0.0
    counted: float = 0.0
    worked_s: float = 0.0
    clocked: bool = False
    results: list[StageResult] = field(default_factory=list)
    budgets: dict[StageName, int] = field(default_factory=dict)
    floors: dict[StageName, Mapping[str, int]] = field(default_factory=dict)
    """Least value of a stage proved for each plant alone."""
    given: Mapping[StageName, int] = field(default_factory=dict)
    """What the plan is worth that the solve was given to start from; empty without one."""
    started_from: str | None = None
    """Digest of that plan."""
    calm_cost: Sequence[CalmCost] = ()
    """What keeping to the plan in force cost."""

    def seconds(self) -> float:
        """Seconds so far: by the caller's clock, else as the engines report."""
        return self.worked_s if self.clock is None else self.clock() - self.began

    def note(self, answers: list[Answer]) -> None:
        self.counted += sum(max(LEAST_WORK, a.counted_work) for a in answers)
        self.worked_s += max((a.seconds for a in answers), default=0.0)
        self.clocked = self.clocked or any(a.clocked for a in answers)

    def left(self) -> float:
        """Share of the work still allowed, 1 at the beginning; by the clock only where no work is
        counted, for shares are limits of what follows and must not differ from run to run."""
        if self.params.deterministic_limit is not None:
            return 1 - self.counted / self.params.deterministic_limit
        if self.params.time_limit_s is not None:
            return 1 - self.seconds() / self.params.time_limit_s
        return 1.0

    @property
    def most_at_once(self) -> int | None:
        """Sub-problems that may be under way at once where the clock ends the search: whoever waits
        then is waited for. None where work is counted: what is asked must not hang on workers."""
        counted = self.params.deterministic_limit is not None
        return None if counted else MOST_A_WORKER * self.params.workers

    def seconds_left(self) -> float | None:
        """Seconds still allowed; None without a limit of them."""
        limit = self.params.time_limit_s
        return None if limit is None else max(0.0, limit - self.seconds())

    def work_left(self, end: float) -> float:
        """Counted work allowed until share `end` is left; where the clock alone limits it, what
        a worker usually does in the seconds."""
        share = max(0.0, self.left() - end)
        if self.params.deterministic_limit is not None:
            return share * self.params.deterministic_limit
        if self.params.time_limit_s is not None:
            return share * self.params.time_limit_s * self.params.workers * UNITS_A_SECOND
        return float("inf")

    def is_over(self, end: float) -> bool:
        """Whether the work up to share `end` is used; a clock that says so spoils a replay."""
        if self.cancelled():
            return True
        counted = self.params.deterministic_limit
        if counted is not None and 1 - self.counted / counted <= end:
            return True
        limit = self.params.time_limit_s
        if limit is not None and 1 - self.seconds() / limit <= end:
            self.clocked = True
            return True
        return False

    def given_is_better(self, stage: StageName, value: int) -> bool:
        """Whether the plan given is worth less than a value and within all that was handed on."""
        return bool(self.given) and (
            self.given[stage] < value
            and all(self.given[name] <= most for name, most in self.budgets.items())
        )

    def tell(self, stage: StageName, value: int, bound: int) -> None:
        if self.on_progress is not None:
            self.on_progress(Progress(stage, value, bound, self.seconds()))

    def close(
        self,
        stage: StageName,
        value: int,
        bound: int,
        proof: Proof,
        seconds: float,
        certificates: Sequence[Certificate] = (),
    ) -> None:
        """Record a stage, with what proves its bound by prices, and hand on what later stages may
        spend of it: of a stage in which a plan was given, never more than that plan does."""
        unit = stages.unit_values(self.derived)[stage]
        bound = min(bound, value)
        permyriad = self.derived.instance.tolerance_permyriad(stage)
        handed_on = value * (10_000 + permyriad) // 10_000
        if value <= self.given.get(stage, -1):
            handed_on = min(handed_on, self.given[stage])
        if handed_on > LARGEST_SAFE:
            raise OverflowError(f"stage {stage} is worth {value}, past 2^53; raise its divisor")
        self.budgets[stage] = handed_on
        self.results.append(
            StageResult(
                name=stage,
                unit=stages.UNITS[stage],
                unit_value=unit,
                value=value,
                bound=bound,
                gap=(value - bound) / max(value, unit),
                proof="optimal" if bound == value else proof,
                handed_on=handed_on,
                certificates=tuple(certificates),
                seconds=round(seconds, 3),
            )
        )
        self.tell(stage, value, bound)

    def restate(self, values: dict[StageName, int]) -> None:
        """Later stages may have bettered earlier ones, or spent what was handed on."""
        results = []
        for result in self.results:
            value = values[result.name]
            bound = min(result.bound, value)
            gap = (value - bound) / max(value, result.unit_value)
            proof: Proof = "optimal" if bound == value else result.proof
            if result.proof == "optimal" and proof != "optimal":
                proof = "bound"
            results.append(
                result.model_copy(
                    update={"value": value, "bound": bound, "gap": gap, "proof": proof}
                )
            )
        self.results = results


def stage_ends(begun: float = 1.0) -> dict[StageName, float]:
    """Share of work left at which each stage ends, if so much is left as the first one begins:
    what it takes to get there must not be at the first one's cost."""
    left, ends = 1.0, {}
    for stage, share in SHARES.items():
        left -= share / sum(SHARES.values())
        ends[stage] = max(0.0, left * begun)
    return ends


SUB_WORK = 0.3
"""Counted work of one sub-problem of a single plant; larger groups get it per plant."""


def sub_limits(run: Run, factor: float = 1.0) -> Limits:
    """So many times the usual work of one sub-problem."""
    return Limits(
        seconds=run.params.time_limit_s,
        counted_work=SUB_WORK * factor,
        seed=run.params.seed,
    )


def limits_left(run: Run, factor: float = 1.0) -> Limits:
    """The same for who is asked at once: within the seconds that are left."""
    return replace(sub_limits(run, factor), seconds=run.seconds_left())


def swift(limits: Limits) -> Limits:
    """The same for a plant that is nearly a flow, its windows held, or whose roads are priced: what
    CP-SAT does before and beside its search takes longer than it saves, and its linear relaxation
    says nearly all."""
    return replace(limits, swift=True)
