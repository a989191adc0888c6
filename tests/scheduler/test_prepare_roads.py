"""Tests that other traffic on a link follows its profile, or its own volume where it has one."""

from pathlib import Path

import pytest

from scheduler.domain.network import Link, Network, Node
from scheduler.intake.conditions import read_conditions
from scheduler.prepare.roads import links_of
from solver.instance import TimeGrid

CONDITIONS = read_conditions(Path(__file__).parents[2] / "fixtures" / "liaoning" / "network")
DAY = TimeGrid(start="2015-11-06T00:00+08:00", slot_minutes=30, n_slots=48, interval_slots=8)
TYPE = "provincial"


def background_of(volume_mpcu_h: int | None, facility_type: str | None = TYPE) -> tuple[int, ...]:
    link = Link(
        link_id="a",
        from_node_id="1",
        to_node_id="2",
        length_m=1000,
        free_speed_kmh=60,
        lanes=1,
        capacity_mpcu_h=1_000_000,
        volume_mpcu_h=volume_mpcu_h,
        facility_type=facility_type,
        zone_id="z",
    )
    roads = Network(name="n", nodes=(Node(node_id="1"), Node(node_id="2")), links=(link,))
    (made,) = links_of(roads, CONDITIONS, frozenset({"a"}), DAY, low_visibility=False)
    return made.background_mpcu


def test_a_volume_is_the_busiest_hours_and_the_profile_gives_the_shape() -> None:
    """Half of it in each half hour of the peak; elsewhere in the profile's proportion, up."""
    shares = {b.hour: b.share_permille for b in CONDITIONS.background if b.facility_type == TYPE}
    most = max(shares.values())
    background = background_of(700_001)
    for hour, share in shares.items():
        assert background[2 * hour] == -(-700_001 * share // (2 * most))
    assert max(background) == 350_001


def test_a_volume_above_capacity_fills_the_link() -> None:
    assert max(background_of(2_000_000)) == 500_000


def test_no_volume_is_the_share_of_capacity() -> None:
    peak = next(
        f.value for f in CONDITIONS.figures if (f.facility_type, f.key) == (TYPE, "background_peak")
    )
    assert max(background_of(None)) == -(-1_000_000 * peak // 200)


@pytest.mark.parametrize(
    ("facility_type", "told"), [("46", "background_profile"), (None, "link a")]
)
def test_a_link_that_no_table_describes_is_named(facility_type: str | None, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        background_of(None, facility_type)
