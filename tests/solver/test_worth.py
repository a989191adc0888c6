"""Tests that shares are measured on the decisions and that a loose set of instances is refused."""

import pytest

from fixtures.generator import generate
from solver.baseline import first_fit
from solver.check import stage_values
from solver.instance import Instance, Link
from solver.plan import Decisions, Plan, StageResult
from solver.worth import FirstFitExcess, Worth, bounds_alone, shares_of, verdict, worth


@pytest.fixture(scope="module")
def instance() -> Instance:
    return generate(12, 24, 60, 1)


@pytest.fixture(scope="module")
def plan(instance: Instance) -> Plan:
    """First fit as a plan that proves nothing: every bound is 0."""
    decisions = first_fit(instance)
    stages = tuple(
        StageResult(
            name=stage.name,
            unit=stage.unit,
            unit_value=1,
            value=stage.value,
            bound=0,
            gap=1.0,
            proof="none",
            handed_on=stage.value,
        )
        for stage in stage_values(instance, decisions)
    )
    return Plan(
        instance_digest=instance.digest, status="feasible", decisions=decisions, stages=stages
    )


def with_roads(instance: Instance, times: int) -> Instance:
    """The instance with roads of so many times the capacity."""

    def wider(link: Link) -> Link:
        return link.model_copy(update={"capacity_mpcu_h": link.capacity_mpcu_h * times})

    links = tuple(wider(link) for link in instance.links)
    zones = tuple(zone.model_copy(update={"cap_mpcu": None}) for zone in instance.zones)
    return Instance.model_validate(
        instance.model_copy(update={"links": links, "zones": zones}).model_dump()
    )


COUPLED = Worth(
    instance="made",
    windows_bind=0.5,
    tight_links=0.05,
    tight_stocks=0.1,
    sharing_classes=3,
    largest_group=0.5,
    output_shortfall=1,
    safety_shortfall=1,
    first_fit=(FirstFitExcess(stage="exposure", first_fit=110, bound=100, share=0.1),),
    coordination=0.05,
)


def test_wide_roads_have_no_tight_links_and_join_nobody(instance: Instance) -> None:
    tight, wide = shares_of(instance), shares_of(with_roads(instance, 10))
    assert tight.tight_links > 0 and tight.sharing_classes > 0 and tight.largest_group > 0
    assert (wide.tight_links, wide.sharing_classes, wide.largest_group) == (0, 0, 0)


def test_where_nothing_drives_no_window_binds(instance: Instance, plan: Plan) -> None:
    idle = plan.model_copy(update={"decisions": Decisions()})
    found = worth(instance, idle, first_fit(instance))
    assert found.windows_bind == found.tight_links == 0
    assert found.output_shortfall > 0


def test_first_fit_is_told_against_each_bound(instance: Instance, plan: Plan) -> None:
    """With bounds at half of what first fit reaches, it is 100 % worse than each of them."""
    halves = tuple(s.model_copy(update={"bound": s.value // 2}) for s in plan.stages)
    found = worth(instance, plan.model_copy(update={"stages": halves}), first_fit(instance))
    assert found.first_fit is not None
    shares = {x.stage: x.share for x in found.first_fit if x.bound}
    assert shares["output_shortfall"] == pytest.approx(1.0, abs=1e-5)
    assert found.coordination is None


def test_a_plan_without_decisions_is_refused(instance: Instance, plan: Plan) -> None:
    empty = plan.model_copy(update={"decisions": None, "status": "none"})
    with pytest.raises(ValueError, match="nothing to measure"):
        worth(instance, empty, first_fit(instance))


def test_bounds_alone_do_not_feel_the_roads() -> None:
    """Narrow roads or wide ones: plants alone are bounded by the same value, below first fit's."""
    small = generate(4, 12, 60, 2)
    bounds = []
    for case in (small, with_roads(small, 10)):
        decisions = first_fit(small)
        stages = tuple(
            StageResult(
                name=s.name,
                unit=s.unit,
                unit_value=1,
                value=s.value,
                bound=0,
                gap=1.0,
                proof="none",
                handed_on=s.value,
            )
            for s in stage_values(small, decisions)
        )
        made = Plan(
            instance_digest=case.digest, status="feasible", decisions=decisions, stages=stages
        )
        bounds.append(bounds_alone(case, made)["output_shortfall"])
    assert bounds[0] == bounds[1]


def test_a_set_that_just_passes_is_worth_solving() -> None:
    assert verdict([COUPLED]).is_worth_solving


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"windows_bind": 0.49}, "windows bind"),
        ({"tight_links": 0.049}, "tight link-slots"),
        ({"tight_stocks": 0.099}, "tight stocks and caps"),
        ({"sharing_classes": 2}, "classes sharing tight links"),
        ({"first_fit": ()}, "first fit over the bound"),
        ({"coordination": 0.049}, "coordination"),
        ({"coordination": None}, "coordination: not measured"),
        ({"largest_group": 0.49}, "largest group"),
        ({"output_shortfall": 0}, "output falls short in 0 of 1"),
        ({"safety_shortfall": 0}, "safety falls short in 0 of 1"),
    ],
)
def test_each_share_below_its_least_refuses_by_name(changed: dict[str, object], named: str) -> None:
    (reason,) = verdict([COUPLED.model_copy(update=changed)]).refused
    assert reason.startswith(named)


def test_medians_and_counts_are_over_the_seeds() -> None:
    """Two loose seeds of five pass in the median; output may miss in one, safety in four."""
    loose = COUPLED.model_copy(update={"tight_links": 0.0})
    safe = COUPLED.model_copy(update={"safety_shortfall": 0})
    whole = safe.model_copy(update={"output_shortfall": 0})
    assert verdict([loose, loose, COUPLED, COUPLED, COUPLED]).is_worth_solving
    assert verdict([COUPLED, safe, safe, safe, whole]).is_worth_solving
    assert len(verdict([safe, safe, safe, whole, whole]).refused) == 2


def test_an_empty_set_has_no_verdict() -> None:
    with pytest.raises(ValueError, match="one worth per seed"):
        verdict([])
