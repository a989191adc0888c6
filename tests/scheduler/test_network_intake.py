"""Tests that a GMNS directory becomes a network in the house's units, or a full list of faults."""

from pathlib import Path

import pytest

from scheduler.domain.network import MAX_CAPACITY_MPCU_H, Link
from scheduler.errors import IntakeError
from scheduler.intake.network import GmnsConfig, read_gmns

LIAONING = Path(__file__).parents[2] / "fixtures" / "liaoning" / "network"
CONFIG = "dataset_name,long_length,speed,crs\nsmall,km,km/h,EPSG:4326\n"
NODES = "node_id,x_coord,y_coord,zone_id\n1,123.4,41.8,z\n2,123.5,41.8,\n"
HEADER = "link_id,from_node_id,to_node_id,directed,length,free_speed,capacity,lanes,zone_id\n"
ZONES = "zone_id,super_zone\nz,\n"


def directory(base: Path, links: str, **others: str) -> Path:
    """A GMNS directory of two nodes and the given link rows; ``name="..."`` replaces a file."""
    files = {"config": CONFIG, "node": NODES, "zone": ZONES, "link": HEADER + links} | others
    for name, text in files.items():
        if text:
            (base / f"{name}.csv").write_text(text, encoding="utf-8")
    return base


def places_of_faults(base: Path, **reading: object) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(IntakeError) as caught:
        read_gmns(base, **reading)  # type: ignore[arg-type]
    assert all(fault.remedy and fault.message for fault in caught.value.faults)
    return [(fault.file, fault.row, fault.column) for fault in caught.value.faults]


def test_units_are_converted_and_rounded_to_the_safe_side(tmp_path: Path) -> None:
    """Length up, speed and capacity down; capacity is given per lane and kept for all lanes."""
    network = read_gmns(directory(tmp_path, "a,1,2,true,1.2341,59.9,1200.0005,2,z\n"))
    assert (network.name, network.crs) == ("small", "EPSG:4326")
    (link,) = network.links
    assert link == Link(
        link_id="a",
        from_node_id="1",
        to_node_id="2",
        length_m=1235,
        free_speed_kmh=59,
        lanes=2,
        capacity_mpcu_h=2_400_001,
        zone_id="z",
    )
    assert link.free_travel_s == 76  # 1235 m at 59 km/h: 75.4 s


def test_miles_and_an_undirected_link(tmp_path: Path) -> None:
    """A link of both directions becomes two."""
    config = "long_length,speed\nmi,mph\n"
    network = read_gmns(directory(tmp_path, "a,1,2,false,1,30,900,1,\n", config=config))
    assert [(x.link_id, x.from_node_id, x.to_node_id) for x in network.links] == [
        ("a", "1", "2"),
        ("a-back", "2", "1"),
    ]
    assert {(x.length_m, x.free_speed_kmh) for x in network.links} == {(1610, 48)}


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    links = (
        "a,1,2,true,1,60,0,1,z\n"  # no capacity
        "b,1,9,true,1,60,900,1,y\n"  # unknown node and zone
        "b,2,1,true,-1,60,900,1,z\n"  # no length
        "c,2,2,true,1,600,999999,1,z\n"  # loop, too fast, "no limit"
        "c,2,1,true,1,60,900,1,z\n"  # id of the row above
    )
    assert sorted(places_of_faults(directory(tmp_path, links))) == [
        ("link.csv", 2, "capacity"),
        ("link.csv", 3, "to_node_id"),
        ("link.csv", 3, "zone_id"),
        ("link.csv", 4, "length"),
        ("link.csv", 5, "capacity"),
        ("link.csv", 5, "free_speed"),
        ("link.csv", 5, "to_node_id"),
        ("link.csv", 6, "link_id"),
    ]


def test_a_missing_unit_does_not_hide_the_other_faults(tmp_path: Path) -> None:
    base = directory(tmp_path, "a,1,9,true,1,60,900,1,z\n", config="long_length\nm\n")
    assert places_of_faults(base) == [("config.csv", 1, "speed"), ("link.csv", 2, "to_node_id")]


@pytest.mark.parametrize(("per_lane", "usable"), [(25_000, True), (25_001, False)])
def test_the_largest_usable_capacity(tmp_path: Path, per_lane: int, usable: bool) -> None:
    """Just fits, and one unit over."""
    base = directory(tmp_path, f"a,1,2,true,1,60,{per_lane},2,z\n")
    if usable:
        assert read_gmns(base).links[0].capacity_mpcu_h == MAX_CAPACITY_MPCU_H
    else:
        assert places_of_faults(base) == [("link.csv", 2, "capacity")]


def test_units_may_be_stated_for_a_network_without_config(tmp_path: Path) -> None:
    """Without either the missing file is the fault; an unknown unit is one too."""
    base = directory(tmp_path, "a,1,2,true,500,60,900,1,z\n", config="")
    assert places_of_faults(base) == [("config.csv", None, None)]
    stated = GmnsConfig(long_length="m", speed="km/h")
    network = read_gmns(base, config=stated)
    assert (network.name, network.links[0].length_m) == (tmp_path.name, 500)
    parsecs = GmnsConfig(long_length="parsec", speed="km/h")
    assert places_of_faults(base, config=parsecs) == [("config.csv", None, "long_length")]


def test_direction_must_be_known(tmp_path: Path) -> None:
    """Absent in the file: one fault, unless the caller states it; absent in a row: that row."""
    links = "link_id,from_node_id,to_node_id,length,free_speed,capacity,lanes\na,1,2,1,60,900,1\n"
    base = directory(tmp_path, "", link=links)
    assert places_of_faults(base) == [("link.csv", 1, "directed")]
    assert len(read_gmns(base, all_directed=True).links) == 1
    directory(tmp_path, "a,1,2,,1,60,900,1,z\nb,2,1,true,1,60,900,1,z\n")
    assert places_of_faults(base) == [("link.csv", 2, "directed")]


def test_the_network_of_liaoning_is_read(tmp_path: Path) -> None:
    """With its zones: the third ring nests the second."""
    network = read_gmns(LIAONING)
    assert len(network.links) >= 2500
    assert network.node_by_id["angang-anshan"].node_type == "plant"
    assert network.zones_within("shenyang-ring3") == {"shenyang-ring2", "shenyang-ring3"}
    assert len(network.zones_within("shenyang")) == 4
    assert network.zones_within("dalian") == {"dalian"}
