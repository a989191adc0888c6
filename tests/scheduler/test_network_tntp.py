"""Tests that TNTP files, in the spellings that published networks have, become a network."""

from pathlib import Path

import pytest

from scheduler.domain.network import Network
from scheduler.domain.network_report import Dropped
from scheduler.errors import IntakeError
from scheduler.intake.network import read_network
from scheduler.intake.network_settings import NetworkSettings

UNITS = NetworkSettings(long_length="km", time="min")
META = "<NUMBER OF NODES> 4\n<FIRST THRU NODE> 2\n<NUMBER OF LINKS> {n}\n<END OF METADATA>\n\n\n"
NAMES = (
    "~\tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\t"
    "link_type\t;\n"
)
CONNECTOR = "\t1\t2\t999999\t0\t0\t0\t4\t0\t0\t0\t;\n"
ROAD = "\t2\t3\t1800.5\t1.5\t1.2\t0.15\t4\t4842\t0\t1\t;\n"
BACK = "3 2 5000 1.5 1.2 0.15 4 0 0 3;\n"


def net(base: Path, *lines: str, names: str = NAMES, n: int | None = None) -> Path:
    path = base / "Small_net.tntp"
    path.write_text(META.format(n=len(lines) if n is None else n) + names + "".join(lines))
    return path


def read(path: Path) -> Network:
    return read_network(path, UNITS).network


def faults_of(path: Path, given: NetworkSettings = UNITS) -> list[tuple[int | None, str | None]]:
    with pytest.raises(IntakeError) as caught:
        read_network(path, given)
    assert all(f.message and f.remedy and f.message_zh for f in caught.value.faults)
    return [(fault.row, fault.column) for fault in caught.value.faults]


def test_speed_is_length_over_free_flow_time_and_lanes_follow_from_capacity(tmp_path: Path) -> None:
    """The column speed is not used: the form itself says that its meaning is unsure."""
    links = read(net(tmp_path, ROAD, BACK)).links
    assert [(x.link_id, x.length_m, x.free_speed_kmh, x.lanes) for x in links] == [
        ("2-3", 1500, 75, 1),
        ("3-2", 1500, 75, 3),
    ]
    assert [x.capacity_mpcu_h for x in links] == [1_800_500, 5_000_000]
    assert [x.facility_type for x in links] == ["1", "3"]


def test_zones_and_their_connectors_are_no_roads(tmp_path: Path) -> None:
    """Nodes below FIRST THRU NODE: dropped, counted, and their odd figures are no faults."""
    report = read_network(net(tmp_path, CONNECTOR, ROAD, BACK), UNITS).report
    assert (report.nodes, report.links) == (2, 2)
    assert report.dropped == (
        Dropped(what="link", reason="connector", count=1, examples=("1-2",)),
        Dropped(what="node", reason="zone_centroid", count=1, examples=("1",)),
    )


def test_units_must_be_given(tmp_path: Path) -> None:
    path = net(tmp_path, ROAD)
    assert faults_of(path, NetworkSettings()) == [(None, "long_length"), (None, "time")]


@pytest.mark.parametrize("header", ["node\tX\tY\t;\n", "Node \tX \tY \t;\n", "node\tx\ty\n", ""])
def test_coordinates_beside_it_are_read_in_each_spelling(tmp_path: Path, header: str) -> None:
    (tmp_path / "small_Node.tntp").write_text(
        header + "1 1 1\n2\t690309\t1976022\t;\n3 5.5 6.5 ;\n"
    )
    nodes = read(net(tmp_path, ROAD)).nodes
    assert [(x.node_id, x.x, x.y) for x in nodes] == [("2", 690309, 1976022), ("3", 5.5, 6.5)]


def test_a_network_without_coordinates_has_none(tmp_path: Path) -> None:
    network, report = read_network(net(tmp_path, ROAD), UNITS)
    assert [(node.x, node.y) for node in network.nodes] == [(None, None)] * 2
    assert {note.note: note.count for note in report.notes}["no_coordinates"] == 2


@pytest.mark.parametrize(
    "flow",
    [
        "From \tTo \tVolume \tCost \n2 \t3 \t1700.0001 \t1.2 \n3 2 0 1\n",
        "<NUMBER OF LINKS> -1\n~ \tTail\tHead\t:\tVolume\tCost\t;\n"
        "2\t3\t:\t1700.0001\t1.2\t;\n3 2 : 0 1 ;\n",
    ],
)
def test_volumes_beside_it_are_the_background(tmp_path: Path, flow: str) -> None:
    (tmp_path / "Small_flow.tntp").write_text(flow)
    links = read(net(tmp_path, ROAD, BACK)).links
    assert [link.volume_mpcu_h for link in links] == [1_700_001, 0]


def test_a_days_capacity_and_volume_become_an_hours(tmp_path: Path) -> None:
    (tmp_path / "Small_flow.tntp").write_text("From To Volume Cost\n2 3 16001 1\n")
    daily = UNITS.model_copy(update={"capacity_time": "day"})
    (link,) = read_network(net(tmp_path, ROAD.replace("1800.5", "18000")), daily).network.links
    assert (link.capacity_mpcu_h, link.volume_mpcu_h) == (1_800_000, 1_600_100)


def test_parallel_links_have_ids_and_volumes_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "Small_flow.tntp").write_text("2 3 5 1\n2 3 7 1\n")
    links = read(net(tmp_path, ROAD, ROAD)).links
    assert [(x.link_id, x.volume_mpcu_h) for x in links] == [("2-3", 5000), ("2-3.2", 7000)]


def test_other_columns_come_by_their_names(tmp_path: Path) -> None:
    """Sydney names critical_speed and lanes; Hessen leaves link_type unnamed; some name nothing."""
    names = NAMES.replace("toll\tlink_type", "critical_speed\tlanes")
    line = "2\t3\t2880\t0.904\t2.26\t0.25\t4\t24\t19.2\t3\t;\n"
    assert [x.lanes for x in read(net(tmp_path, line, names=names)).links] == [3]
    unnamed = NAMES.replace("\tlink_type", "")
    assert [x.facility_type for x in read(net(tmp_path, ROAD, names=unnamed)).links] == ["1"]
    assert [x.facility_type for x in read(net(tmp_path, ROAD, names="")).links] == ["1"]


def test_every_fault_of_the_file_is_told_at_once(tmp_path: Path) -> None:
    """The names stand in row 7; a line cut short, no number, a loop, figures of no road."""
    path = net(
        tmp_path,
        ROAD,
        "2 3 1800 1.5 1.2 0.15 4 0 0;\n",
        "2 3 many 1.5 inf 0.15 4 0 0 1;\n",
        "3 3 1800 1.5 1.2 0.15 4 0 0 1;\n",
        "2 4 1 1.5 1.2 0.15 4 0 0 1;\n",
        "2 4 25900.2 1.5 0 0.15 4 0 0 1;\n",
        "2 4 1800 0 100 0.15 4 0 0 1;\n",
        "2 4 1800 1.5 0.0001 0.15 4 0 0 1;\n",
    )
    assert faults_of(path) == [
        (9, None),
        (10, "capacity"),
        (10, "free_flow_time"),
        (11, "term_node"),
        (12, "capacity"),
        (13, "free_flow_time"),
        (13, "capacity"),
        (14, "length"),
        (15, "free_flow_time"),
    ]


def test_a_file_cut_off_is_seen_by_its_own_count(tmp_path: Path) -> None:
    assert faults_of(net(tmp_path, ROAD, n=2)) == [(None, "NUMBER OF LINKS")]


def test_units_that_are_wrong_for_the_whole_file_are_not_dropped_away(tmp_path: Path) -> None:
    """Winnipeg's capacities are all 1."""
    dropping = UNITS.model_copy(update={"unusable": "drop"})
    path = net(tmp_path, ROAD.replace("1800.5", "1"), BACK.replace("5000", "1"))
    assert faults_of(path, dropping) == [(None, None), (None, None)]


def test_a_folder_with_one_net_file_is_a_network(tmp_path: Path) -> None:
    net(tmp_path, ROAD)
    assert read(tmp_path).name == "Small"
