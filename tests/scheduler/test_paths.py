"""Tests that trucks get the quickest way, a different second one, and always the same ones."""

from pathlib import Path

import pytest

from scheduler.domain.network import Link, Network, Node
from scheduler.intake.network import read_network
from scheduler.prepare.paths import SHARED_LINK_FACTOR, Router

LIAONING = Path(__file__).parents[2] / "fixtures" / "liaoning" / "network"


def network(*sections: tuple[str, str, str, int]) -> Network:
    """Links (id, from, to, metres) at 36 km/h, so 10 m take a second."""
    ends = {end for _, a, b, _ in sections for end in (a, b)}
    return Network(
        name="small",
        nodes=tuple(Node(node_id=n, x=0, y=0) for n in sorted(ends)),
        links=tuple(
            Link(
                link_id=link_id,
                from_node_id=a,
                to_node_id=b,
                length_m=metres,
                free_speed_kmh=36,
                lanes=1,
                capacity_mpcu_h=1_000_000,
            )
            for link_id, a, b, metres in sorted(sections)
        ),
    )


def ways(roads: Network, start: str, end: str) -> list[tuple[str, ...]]:
    return [way.link_ids for way in Router(roads).two_ways(start, end)]


def test_the_quickest_way_and_then_another() -> None:
    roads = network(("ab", "a", "b", 100), ("bd", "b", "d", 100), ("ad", "a", "d", 399))
    assert ways(roads, "a", "d") == [("ab", "bd"), ("ad",)]
    quickest, other = Router(roads).two_ways("a", "d")
    assert (quickest.length_m, quickest.free_travel_s, other.free_travel_s) == (200, 20, 40)


@pytest.mark.parametrize(("detour_m", "found"), [(390, True), (410, False)])
def test_no_second_way_that_takes_more_than_the_factor(detour_m: int, found: bool) -> None:
    """Twice as long just fits; a second more does not."""
    roads = network(("a1", "a", "b", 200), ("a2", "a", "c", detour_m - 10), ("a3", "c", "b", 10))
    assert (len(ways(roads, "a", "b")) == 2) is found


def test_of_equally_quick_ways_the_first_by_id_is_taken() -> None:
    """Turning the ids round turns the answer round."""
    upper, lower = ("u", "v"), ("x", "y")
    for first, second in ((upper, lower), (lower, upper)):
        roads = network(
            (first[0], "a", "b", 50), (first[1], "b", "d", 50),
            (second[0], "a", "c", 50), (second[1], "c", "d", 50),
        )  # fmt: skip
        assert ways(roads, "a", "d") == [upper, lower]


def test_a_parallel_link_is_a_second_way() -> None:
    roads = network(("p", "a", "b", 100), ("q", "a", "b", 120))
    assert ways(roads, "a", "b") == [("p",), ("q",)]


def test_one_way_only_none_at_all_and_nonsense() -> None:
    roads = network(("ab", "a", "b", 100), ("bc", "b", "c", 100))
    assert ways(roads, "a", "c") == [("ab", "bc")]
    assert ways(roads, "c", "a") == []
    with pytest.raises(ValueError, match="not in the network"):
        Router(roads).two_ways("a", "z")
    with pytest.raises(ValueError, match="itself"):
        Router(roads).two_ways("a", "a")


@pytest.fixture(scope="module")
def liaoning() -> Network:
    return read_network(LIAONING).network


def nearest(roads: Network, lat: float, lon: float) -> str:
    trunk = [n for n in roads.nodes if n.node_type in ("road_point", "junction")]
    return min(trunk, key=lambda n: (n.y - lat) ** 2 + ((n.x - lon) * 0.75) ** 2).node_id


@pytest.mark.parametrize(
    ("lat", "lon", "km"), [(38.9146, 121.619, 381), (41.1106, 122.996, 94), (40.1243, 124.383, 220)]
)
def test_distances_from_shenyang(liaoning: Network, lat: float, lon: float, km: int) -> None:
    """Dalian, Anshan and Dandong, within 6 % of the shortest paths on the source's roads."""
    start = nearest(liaoning, 41.7968, 123.429)
    quickest = Router(liaoning).two_ways(start, nearest(liaoning, lat, lon))[0]
    assert quickest.length_m / 1000 == pytest.approx(km, rel=0.06)


def test_places_of_liaoning_mostly_have_two_ways(liaoning: Network) -> None:
    """Every pair is joined; the other way is different and at most twice as long."""
    router = Router(liaoning)
    places = [n.node_id for n in liaoning.nodes if n.node_type in ("plant", "port")]
    pairs = [(a, places[(7 * i + 3) % len(places)]) for i, a in enumerate(places)]
    pairs = [(a, b) for a, b in pairs if a != b]
    with_two = 0
    for a, b in pairs:
        found = router.two_ways(a, b)
        assert found[0].links[0].from_node_id == a
        assert found[0].links[-1].to_node_id == b
        if len(found) == 2:
            with_two += 1
            assert set(found[1].link_ids) != set(found[0].link_ids)
            assert found[1].free_travel_s <= SHARED_LINK_FACTOR * found[0].free_travel_s
    assert with_two >= 0.9 * len(pairs)
