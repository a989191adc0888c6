"""Tests that the benchmark resumes, its seeds follow from the commit, and its sums are right."""

from pathlib import Path

import pytest

from benchmarks.figures import draw, fitted, growth_of, newest
from benchmarks.measured import Seen, rows_of
from benchmarks.methods import Outcome, carry_out
from benchmarks.table import append, done, read
from benchmarks.tiers import TIERS, seeds_of
from solver.derive import Derived
from solver.solve import Progress
from solver.stages import unit_values
from tests.solver.builders import plant, stock, stream, tiny_instance


def test_seeds_follow_from_the_commit_and_the_tier() -> None:
    city = seeds_of(TIERS["city"], "abc")
    assert len(set(city)) == 5
    assert city == seeds_of(TIERS["city"], "abc")
    assert not set(city) & {*seeds_of(TIERS["city"], "abd"), *seeds_of(TIERS["province"], "abc")}


def test_the_monoliths_run_on_one_province_seed() -> None:
    province = TIERS["province"]
    assert "highs" in province.methods_of(0)
    assert province.methods_of(1) == ("ours", "first fit", "usual")
    assert province.enterprises == 3000


def test_rows_are_added_and_what_is_there_is_not_run_again(tmp_path: Path) -> None:
    path = tmp_path / "results" / "results.csv"
    row = {"commit": "abc", "tier": "city", "seed": 7, "method": "ours"}
    append(path, [row | {"stage": "exposure", "value": 5}])
    append(path, [row | {"method": "highs"}])
    assert done(path, "abc") == {("city", "7", "ours"), ("city", "7", "highs")}
    assert done(path, "abd") == set()
    assert [r["value"] for r in read(path)] == ["5", ""]


def test_a_row_tells_gaps_and_when_they_were_reached() -> None:
    """Two trips of 36,000 each, 71,000 of them proved, 66,000 by plants alone."""
    works = plant(stocks=(stock("ore", now_kg=60_000), stock("steel")), streams=(stream("ore"),))
    instance = tiny_instance(plants=(works,))
    plan = carry_out("ours", instance, 60, 1, 0, lambda _: None)
    assert plan.decisions is not None
    told = [Progress("exposure", value, 0, at) for value, at in ((76_000, 1.0), (72_000, 4.0))]
    seen = Seen(9.0, 100, told, Outcome(plan.decisions, {"exposure": 71_000}))
    rows = rows_of(instance, seen, unit_values(Derived(instance)), {"exposure": 66_000})
    row = next(r for r in rows if r["stage"] == "exposure")
    assert (row["value"], row["status"], row["first_plan_s"]) == (72_000, "feasible", 1.0)
    # The unit is one trip, 36,000: more than what plants alone leave open.
    assert (row["gap"], row["net_gap"]) == (0.013889, 0.027778)
    reached = [row[f"to_{p}_percent_s"] for p in ("5", "2", "1", "0.5")]
    assert reached == [4.0, 4.0, "", ""]


def test_business_as_usual_decides_no_plan_and_has_its_exposure() -> None:
    outcome = carry_out("usual", tiny_instance(), 60, 1, 0, lambda _: None)
    rows = rows_of(
        tiny_instance(), Seen(outcome=outcome), unit_values(Derived(tiny_instance())), {}
    )
    assert [(row["stage"], row["status"]) for row in rows] == [("exposure", "no lawful plan")]


def test_the_exponent_of_growth_is_that_of_a_power_law() -> None:
    growth = fitted(tuple((n, 2.0 * n**1.5) for n in (100, 300, 1000, 3000)))
    assert (growth.exponent, growth.low, growth.high) == pytest.approx((1.5, 1.5, 1.5))


def test_growth_takes_the_slowest_stage_of_the_median_seed(tmp_path: Path) -> None:
    rows = [
        {
            "commit": "a",
            "tier": f"growth-{n}",
            "seed": seed,
            "method": "ours",
            "stage": stage,
            "value": "1",
        }
        | {"gap": "0.01", "limit_s": "1200", "to_2_percent_s": seconds}
        for n in (100, 300, 1000)
        for seed, exposure in (("1", f"{n / 10}"), ("2", f"{n / 5}"), ("3", ""))
        for stage, seconds in (("output_shortfall", "0.1"), ("exposure", exposure))
    ]
    growth = growth_of(rows)
    assert growth is not None
    assert growth.points == ((100, 20.0), (300, 60.0), (1000, 200.0))
    assert growth.exponent == pytest.approx(1.0)
    for path in draw(rows, tmp_path):
        assert path.read_bytes().startswith(b"\x89PNG")


def test_gaps_are_drawn_of_the_commit_that_each_method_ran_on_last() -> None:
    runs = (("a", "city", "ours"), ("a", "city", "highs"), ("b", "city", "ours"))
    rows = [{"commit": c, "tier": tier, "method": method} for c, tier, method in runs]
    assert newest(rows) == rows[1:]
