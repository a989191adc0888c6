"""Tests that plants which negotiate the roads end beside each other, within their caps and laws."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from random import Random

import pytest

from fixtures.generator import generate
from solver import decompose, negotiate, tasks
from solver import solve as solving
from solver.baseline import first_fit
from solver.check import find_violations
from solver.compact import binding_resources, build_block
from solver.conflicts import locked_conflicts
from solver.decided import start_task
from solver.derive import Derived
from solver.engine import Answer, Limits
from solver.extract import decisions_of
from solver.instance import Instance, StageName
from solver.negotiate import Negotiation
from solver.plan import Plan
from solver.prices import Prices, prove, trip_exposure
from solver.run import SolveParams
from solver.search import Guide
from solver.shared import Resource
from solver.solve import solve
from solver.standing import Standing
from solver.tasks import Task, flow, run_task
from tests.solver.wild import wild_instance

LIMITS = Limits(counted_work=0.1)
GUIDE = Guide({"output_shortfall": 1000, "exposure": 1}, {})


def going_on(_: Sequence[Answer]) -> bool:
    return False


def as_usual(_: int) -> float:
    return 1.0


def stopped(_: Sequence[Answer]) -> bool:
    return True


def crowded() -> Iterator[tuple[Instance, Standing]]:
    """Instances whose plants, each at its own least loss, overload what they share."""
    for seed in range(16):
        instance = wild_instance(Random(seed), n_plants=3, sane=True)
        derived = Derived(instance)
        if locked_conflicts(derived):
            continue
        blocks = [build_block(derived, plant) for plant in derived.plants.values()]
        standing = Standing(blocks, binding_resources(blocks))
        alone = prove(blocks, "output_shortfall", Prices(), LIMITS, None)
        for plant, answer in alone.answers.items():
            standing.put(plant, answer.values)
        if any(standing.used[r] > left for r, left in standing.left.items()):
            yield instance, standing


def talks_of(
    instance: Instance, standing: Standing, *, capped: bool, step_trips: int = 10
) -> Negotiation:
    caps = {
        plant: {"output_shortfall": standing.worth("output_shortfall", [plant])} if capped else {}
        for plant in standing.blocks
    }
    step = step_trips * trip_exposure(Derived(instance))
    return Negotiation(standing, "output_shortfall", GUIDE, caps, step, LIMITS, "seed")


def roomy_of(instance: Instance, standing: Standing) -> dict[str, list[int]]:
    """Values of all plants in first fit, which have room beside each other."""
    start = first_fit(instance)
    blocks = standing.blocks.items()
    return {plant: run_task(start_task(block, start, LIMITS)).values for plant, block in blocks}


def is_lawful(instance: Instance, standing: Standing) -> bool:
    parts = [(block, standing.values[name]) for name, block in standing.blocks.items()]
    plan = Plan(
        instance_digest=instance.digest, status="feasible", decisions=decisions_of(parts), stages=()
    )
    return not find_violations(instance, plan)


def test_whoever_yields_leaves_no_overload_and_a_lawful_plan() -> None:
    tried = 0
    for instance, standing in crowded():
        assert not is_lawful(instance, standing)
        talks = talks_of(instance, standing, capped=False)
        assert talks.in_overload()
        talks.yield_rest(None, going_on, roomy_of(instance, standing), as_usual)
        assert talks.standing.overloads() == {}
        assert talks.in_overload() == []
        assert is_lawful(instance, standing)
        tried += 1
    assert tried >= 3


def test_plants_with_caps_move_and_lose_nothing() -> None:
    """Over all instances overload falls, and no plant ever costs more than its cap."""
    before = after = 0
    for instance, standing in crowded():
        talks = talks_of(instance, standing, capped=True)
        caps = {plant: caps["output_shortfall"] for plant, caps in talks.caps.items()}
        before += sum(talks.standing.overloads().values())
        for _ in range(3):
            assert talks.round(None, going_on)
            for plant, most in caps.items():
                assert standing.worth("output_shortfall", [plant]) <= most
        after += sum(talks.standing.overloads().values())
    assert after < before


def test_plants_go_to_what_they_want_one_by_one_and_overload_less() -> None:
    """From a plan in which all had room each comes to its least loss; who had it there stays."""
    wished = entered = n_stayed = 0
    for instance, standing in crowded():
        talks, roomy = talks_of(instance, standing, capped=True), roomy_of(instance, standing)
        losses = {plant: standing.worth("output_shortfall", [plant]) for plant in standing.blocks}
        wished += sum(standing.overloads().values())
        assert talks.enter(None, going_on, roomy, as_usual)
        entered += sum(standing.overloads().values())
        for plant, block in standing.blocks.items():
            assert standing.worth("output_shortfall", [plant]) <= losses[plant]
            assert block.rows.allow(standing.values[plant])
            if block.stages["output_shortfall"].value(roomy[plant]) <= losses[plant]:
                assert standing.values[plant] == roomy[plant]
                n_stayed += 1
    assert n_stayed
    assert entered < 0.8 * wished


def test_told_to_stop_who_was_not_asked_takes_what_it_wants() -> None:
    """Of three plants that want more two are under way when it is told to stop."""
    tried = 0
    for instance, crowd in crowded():
        wanted, roomy = dict(crowd.values), roomy_of(instance, crowd)
        standing = Standing(list(crowd.blocks.values()), crowd.left, most_at_once=1)
        for plant, values in wanted.items():
            standing.put(plant, values)
        worth = {p: block.stages["output_shortfall"].value for p, block in standing.blocks.items()}
        if any(worth[p](roomy[p]) <= worth[p](wanted[p]) for p in wanted):
            continue
        told: list[Answer] = []

        def stop(answers: Sequence[Answer], told: list[Answer] = told) -> bool:
            told.extend(answers)
            return True

        talks = talks_of(instance, standing, capped=True)
        assert not talks.enter(None, stop, roomy, as_usual)
        assert len(told) == 2 < len(wanted) == 3
        assert any(standing.values[p] == wanted[p] for p in wanted)
        assert all(worth[p](standing.values[p]) <= worth[p](wanted[p]) for p in wanted)
        tried += 1
    assert tried


def test_who_finds_nothing_on_the_way_in_takes_what_it_wants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    instance, standing = next(crowded())
    wanted, roomy = dict(standing.values), roomy_of(instance, standing)
    talks = talks_of(instance, standing, capped=True)
    monkeypatch.setattr(tasks, "run_task", lambda _: tasks.LOST)
    assert talks.enter(None, going_on, roomy, as_usual)
    for plant, block in standing.blocks.items():
        worth = block.stages["output_shortfall"].value
        wants_more = worth(roomy[plant]) > worth(wanted[plant])
        assert standing.values[plant] == (wanted if wants_more else roomy)[plant]
    assert standing.values != roomy


@pytest.mark.parametrize(("afforded", "factor"), [(0.5, 0.5), (7.0, 1.0)])
def test_first_moves_get_what_is_afforded_and_no_more_than_the_usual_work(
    monkeypatch: pytest.MonkeyPatch, afforded: float, factor: float
) -> None:
    given, usual = list[float | None](), LIMITS.counted_work
    assert usual is not None

    def spied(task: Task) -> Answer:
        given.append(task.limits.counted_work)
        return run_task(task)

    instance, standing = next(crowded())
    talks, roomy = talks_of(instance, standing, capped=True), roomy_of(instance, standing)
    monkeypatch.setattr(tasks, "run_task", spied)
    talks.enter(None, going_on, roomy, lambda _: afforded)
    assert given
    assert set(given) == {factor * usual}


def test_overload_that_stays_weighs_more_until_plants_lose_output_for_it() -> None:
    """Rounds without caps end where none is overloaded, output being lost where nothing else
    helps."""
    settled = lost = 0
    for instance, standing in crowded():
        loss = standing.worth("output_shortfall")
        talks = talks_of(instance, standing, capped=False, step_trips=1000)
        for _ in range(8):
            if not talks.standing.overloads():
                break
            talks.round(None, going_on)
        settled += not talks.standing.overloads()
        lost += standing.worth("output_shortfall") > loss
    assert settled >= 3
    assert lost >= 1


def test_a_part_of_a_grain_overloaded_weighs_more_too() -> None:
    """What is left of a road is seldom whole grains: a part of one that stayed without weight would
    never be cleared."""
    stayed = 0
    for instance, standing in crowded():
        over = [r for r, left in standing.left.items() if standing.used[r] > left]
        standing.left.update({r: standing.used[r] - 1 for r in over})
        talks = talks_of(instance, standing, capped=True)
        weights = dict(talks.weights)
        talks.round(None, going_on)
        for resource in talks.standing.overloads():
            assert talks.weights[resource] > weights[resource]
            stayed += 1
    assert stayed >= 1


def windows_of(standing: Standing) -> dict[str, list[int]]:
    return {
        plant: [standing.values[plant][v] for v in block.open.values()]
        for plant, block in standing.blocks.items()
    }


def test_settling_moves_trips_within_windows_and_clears_overload() -> None:
    before = after = 0
    for instance, standing in crowded():
        windows = windows_of(standing)
        talks = talks_of(instance, standing, capped=True)
        before += sum(talks.standing.overloads().values())
        assert talks.settle(None, going_on)
        after += sum(talks.standing.overloads().values())
        assert windows_of(standing) == windows
    assert after < before


def test_windows_that_move_a_little_keep_all_slots_farther_from_their_ends() -> None:
    moved = 0
    for instance, standing in crowded():
        before = {plant: list(values) for plant, values in standing.values.items()}
        talks_of(instance, standing, capped=False).round(None, going_on, 1)
        for plant, block in standing.blocks.items():
            for (gate, slot), variable in block.open.items():
                if standing.values[plant][variable] == before[plant][variable]:
                    continue
                moved += 1
                beside = [block.open.get((gate, slot + by)) for by in (-1, 1)]
                old = before[plant]
                assert any(v is not None and old[v] != old[variable] for v in beside)
    assert moved >= 1


def test_clearing_gives_up_after_rounds_that_clear_little() -> None:
    """Plants that may lose nothing stay in an overload; what stays weighs more each time."""
    gave_up = 0
    for instance, standing in crowded():
        talks = talks_of(instance, standing, capped=True)
        weight = max(talks.weights.values())
        assert talks.clear(None, going_on, 2)
        if talks.standing.overloads():
            gave_up += 1
            assert max(talks.weights[r] for r in talks.standing.overloads()) >= 4 * weight
    assert gave_up >= 1


def test_a_round_that_is_stopped_says_so() -> None:
    instance, standing = next(crowded())
    assert not talks_of(instance, standing, capped=True).round(None, stopped)


def test_told_to_stop_plants_yield_in_haste_and_all_the_same() -> None:
    """What has been negotiated is not lost when the work is used."""
    tried = 0
    for instance, standing in crowded():
        roomy = roomy_of(instance, standing)
        talks_of(instance, standing, capped=False).yield_rest(None, stopped, roomy, as_usual)
        assert is_lawful(instance, standing)
        tried += 1
    assert tried >= 3


class Watched:
    """What is asked, how often beside others, and how often beside one whom it meets."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.asked: list[tuple[str, Task]] = []
        self.together = self.met = 0
        self._busy: dict[str, set[Resource]] = {}

    def flow(
        self,
        executor: Executor | None,
        ask: Callable[[], tuple[str, Task] | None],
        take: Callable[[str, Answer], bool],
        depth: int,
    ) -> None:
        def ask_one() -> tuple[str, Task] | None:
            found = ask()
            if found is not None:
                self._begun(*found)
            return found

        def take_one(plant: str, answer: Answer) -> bool:
            del self._busy[plant]
            return take(plant, answer)

        flow(executor, ask_one, take_one, depth)

    def _begun(self, plant: str, task: Task) -> None:
        meets = self.standing.blocks[plant].uses.keys() & self.standing.scarce
        self.met += any(meets & others for others in self._busy.values())
        self.together += bool(self._busy)
        self._busy[plant] = meets
        self.asked.append((plant, task))


def clashing(stage: StageName = "output_shortfall") -> tuple[Instance, Standing]:
    """Plants where each costs least, whatever the roads say: of exposure none drives."""
    instance = generate(14, 24, 60, 1)
    derived = Derived(instance)
    blocks = [build_block(derived, plant) for plant in derived.plants.values()]
    standing = Standing(blocks, binding_resources(blocks))
    for plant, answer in prove(blocks, stage, Prices(), LIMITS, None).answers.items():
        standing.put(plant, answer.values)
    return instance, standing


def test_who_meets_at_a_scarce_capacity_is_not_asked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both would leave it, or both go there. Others are asked at once, and exactly."""
    instance, standing = clashing("exposure")
    watched = Watched(standing)
    monkeypatch.setattr(negotiate, "flow", watched.flow)
    monkeypatch.setattr(negotiate, "FEW_GRAINS", 10**6)
    talks = talks_of(instance, standing, capped=True)
    monkeypatch.setattr(talks, "in_overload", lambda: sorted(standing.blocks))
    monkeypatch.setattr(talks, "_is_in_overload", lambda _: True)
    assert talks.round(None, going_on)
    assert sorted(plant for plant, _ in watched.asked) == sorted(standing.blocks)
    assert 0 < watched.together < len(watched.asked) - 1
    assert watched.met == 0
    assert {task.limits.relative_gap for _, task in watched.asked} == {negotiate.FINE_GAP}


def test_where_much_is_overloaded_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    instance, standing = clashing()
    watched = Watched(standing)
    monkeypatch.setattr(negotiate, "flow", watched.flow)
    monkeypatch.setattr(negotiate, "FEW_GRAINS", 0)
    talks = talks_of(instance, standing, capped=True)
    assert talks.round(None, going_on)
    assert watched.together == len(watched.asked) - 1
    assert watched.met > 0
    assert {task.limits.relative_gap for _, task in watched.asked} == {negotiate.ROUGH_GAP}


def test_what_stays_overloaded_soon_weighs_much_once_it_is_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By half more each round than where it is much."""
    grown = []
    for few in (0, 10**6):
        monkeypatch.setattr(negotiate, "FEW_GRAINS", few)
        instance, standing = clashing()
        talks = talks_of(instance, standing, capped=True)
        before = dict(talks.weights)
        talks.round(None, stopped)
        over = standing.overloads()
        assert over
        grown.append(min(talks.weights[r] / before[r] for r in over))
    assert grown[1] == pytest.approx(grown[0] + 0.5, abs=0.2)
    assert grown[1] > 1.9


def test_a_negotiation_goes_back_to_where_least_was_overloaded() -> None:
    instance, standing = clashing()
    talks = talks_of(instance, standing, capped=True)
    began = dict(standing.values)
    talks.round(None, going_on)
    least, best = talks.grains_over, dict(standing.values)
    standing.take(began)
    assert talks.grains_over > least
    talks.least_overloaded()
    assert talks.grains_over == least
    assert standing.values == best


def test_few_who_must_yield_get_more_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many times the usual as can be afforded for so many, and the usual at least."""
    given: list[tuple[int, float]] = []

    def spied(tasks: Sequence[Task], executor: Executor | None) -> list[Answer]:
        given.extend((len(tasks), task.limits.counted_work or 0.0) for task in tasks)
        return [run_task(task) for task in tasks]

    monkeypatch.setattr(negotiate, "run_all", spied)
    for instance, standing in crowded():
        talks = talks_of(instance, standing, capped=False)
        talks.yield_rest(None, going_on, roomy_of(instance, standing), lambda n: 4 - 2 * n)
        assert talks.limits.counted_work == 0.1
    assert {n for n, _ in given} >= {1, 2}
    assert all(work == pytest.approx(0.2 if n == 1 else 0.1) for n, work in given)


def test_who_must_yield_in_haste_gets_the_usual_work(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float | None] = []
    for instance, standing in crowded():
        watched = Watched(standing)
        monkeypatch.setattr(negotiate, "flow", watched.flow)
        talks = talks_of(instance, standing, capped=False)
        talks.yield_rest(None, stopped, roomy_of(instance, standing), lambda n: 9.0)
        given += [task.limits.counted_work for _, task in watched.asked]
    assert given
    assert set(given) == {0.1}


def test_who_has_no_way_out_of_an_overload_goes_back_to_where_all_had_room() -> None:
    """Plants that may lose nothing cannot always yield; what the others negotiated is kept."""
    went_back = 0
    for instance, standing in crowded():
        roomy = roomy_of(instance, standing)
        talks = talks_of(instance, standing, capped=True)
        talks.yield_rest(None, going_on, roomy, as_usual)
        assert standing.overloads() == {}
        assert is_lawful(instance, standing)
        went_back += any(
            standing.worth("output_shortfall", [plant]) > talks.caps[plant]["output_shortfall"]
            for plant in standing.blocks
        )
    assert went_back >= 1


@pytest.mark.long
def test_exposure_is_less_from_what_plants_would_do_by_the_roads_prices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same output, the same work; without it sweeps end where no plant alone can move."""
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", 0)
    instance = generate(8, 24, 60, 5)
    params = SolveParams(time_limit_s=None, deterministic_limit=5.0, workers=1)
    found = []
    for least_work in (decompose.IDEAL_WORK, 1e9):
        monkeypatch.setattr(decompose, "IDEAL_WORK", least_work)
        plan = solve(instance, params)
        assert not find_violations(instance, plan)
        values = {stage.name: stage.value for stage in plan.stages}
        found.append((values["output_shortfall"], values["exposure"]))
    assert found[0][0] == found[1][0]
    assert found[0] < found[1]
