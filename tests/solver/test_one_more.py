"""Tests that one more trip is priced where it is cheapest in the plant's windows, by the prices of
the plan's certificate, and named with who takes the road."""

from solver.one_more import one_more_trip
from solver.plan import Certificate, Least, Plan, Price
from tests.solver.builders import bar
from tests.solver.test_why_not import DEAR_LATE, planned, two_plants


def priced(plan: Plan, **prices: int) -> Plan:
    """Link b at so much an mPCU in slots s0, s1, ..., in units of a thousandth."""
    one = Certificate(
        scale=1000,
        prices=tuple(
            Price(what="link", id="b", slot=int(slot[1:]), price=price)
            for slot, price in prices.items()
        ),
        multipliers=(),
        capped_by=(),
        least=(Least(plant="P", least=0), Least(plant="Q", least=0)),
    )
    stages = tuple(
        stage.model_copy(update={"certificates": (one,)}) if stage.name == "exposure" else stage
        for stage in plan.stages
    )
    return plan.model_copy(update={"stages": stages})


def test_a_trip_costs_its_exposure_and_what_its_roads_are_worth() -> None:
    """A truck of 2,500 mPCU; P's window is slots 1 and 2, so that it can leave in slot 1 alone:
    72,000 of exposure, and 2,500 x 801 / 1,000 rounded up. P itself has that road then."""
    instance = two_plants(zones=DEAR_LATE)
    plan = planned(instance)
    assert plan.decisions is not None
    assert [(w.first_slot, w.end_slot) for w in plan.decisions.windows] == [(1, 3)]
    (price,) = one_more_trip(instance, priced(plan, s0=15_210, s1=801), "P")
    assert (price.stream, price.leg, price.slot) == ("ore", "ore.heavy", 1)
    assert (price.own, price.others, price.displaced) == (72_000, 2_003, ())


def test_the_cheapest_slot_is_told_and_who_takes_its_roads() -> None:
    """Q needs no window: slot 0 costs 36,000 and 20 a mPCU, slot 1 72,000 and nothing; from 14.4 a
    mPCU on slot 1 is cheaper, in which P drives."""
    instance = two_plants(zones=DEAR_LATE)
    plan = planned(instance)
    (price,) = one_more_trip(instance, priced(plan, s0=14_399), "Q")
    assert (price.slot, price.own, price.others) == (0, 36_000, 35_998)
    (price,) = one_more_trip(instance, priced(plan, s0=14_401), "Q")
    assert (price.slot, price.own, price.others) == (1, 72_000, 0)
    (price,) = one_more_trip(instance, priced(plan, s0=99_999, s1=1), "Q")
    assert (price.slot, price.displaced) == (1, ("P",))


def test_without_prices_or_a_lawful_slot_nothing_is_told() -> None:
    instance = two_plants(zones=DEAR_LATE)
    plan = planned(instance)
    assert one_more_trip(instance, plan, "P") == ()
    assert one_more_trip(instance, priced(plan), "P") == ()
    shut = two_plants(zones=DEAR_LATE, bars=(bar(plants=("P",)),))
    assert one_more_trip(shut, priced(plan, s0=1), "P") == ()
    assert one_more_trip(shut, priced(plan, s0=1), "Q") != ()
