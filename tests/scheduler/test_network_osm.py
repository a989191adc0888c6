"""Tests that roads of an OpenStreetMap extract become links with the figures of their class."""

from pathlib import Path

import osmium
import pytest

from scheduler.domain.network import Link, Network
from scheduler.domain.network_report import Dropped
from scheduler.errors import IntakeError
from scheduler.intake.network import read_network
from scheduler.intake.road_figures import osm_classes

NODES = {1: (123.40, 41.80), 2: (123.41, 41.80), 3: (123.42, 41.80), 4: (123.41, 41.81)}


def extract(base: Path, *ways: tuple[int, str, str], name: str = "small.osm") -> Path:
    """An extract of four points; a way is its id, its points and its tags `k=v,k=v`."""
    text = "".join(
        f'<node id="{n}" lon="{x}" lat="{y}" version="1"/>' for n, (x, y) in NODES.items()
    )
    for way, points, tags in ways:
        refs = "".join(f'<nd ref="{ref}"/>' for ref in points.split())
        pairs = (tag.split("=") for tag in tags.split(","))
        told = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in pairs)
        text += f'<way id="{way}" version="1">{refs}{told}</way>'
    path = base / name
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{text}</osm>')
    return path


def links_of(base: Path, *ways: tuple[int, str, str]) -> dict[str, Link]:
    return read_network(extract(base, *ways)).network.link_by_id


def faults_of(path: Path) -> list[str]:
    with pytest.raises(IntakeError) as caught:
        read_network(path)
    return [fault.message for fault in caught.value.faults]


def test_a_way_is_cut_where_another_joins_it(tmp_path: Path) -> None:
    links = links_of(
        tmp_path,
        (7, "1 2 3", "highway=primary,name=中山路,name:en=Zhongshan Road"),
        (8, "2 4", "highway=tertiary"),
    )
    assert [(k, x.from_node_id, x.to_node_id) for k, x in links.items()] == [
        ("7.0-b", "2", "1"),
        ("7.0-f", "1", "2"),
        ("7.1-b", "3", "2"),
        ("7.1-f", "2", "3"),
        ("8.0-b", "4", "2"),
        ("8.0-f", "2", "4"),
    ]
    assert (links["7.0-f"].name, links["7.0-f"].name_en) == ("中山路", "Zhongshan Road")
    assert (links["8.0-f"].name, links["8.0-f"].name_en) == (None, None)
    assert links["7.0-f"].length_m == 830  # 0.01 degree at 41.8 north: 829.8 m


def test_a_bend_is_no_node_but_counts_in_the_length(tmp_path: Path) -> None:
    network = read_network(extract(tmp_path, (7, "1 2 4", "highway=primary"))).network
    assert [node.node_id for node in network.nodes] == ["1", "4"]
    assert {link.length_m for link in network.links} == {830 + 1112}  # 829.8 + 1,111.9 m: 1,941.7


def test_figures_come_from_the_class_and_each_has_its_source(tmp_path: Path) -> None:
    links = links_of(tmp_path, (7, "1 2", "highway=primary"))
    known = osm_classes()["primary"]
    assert (known.lanes, known.free_speed_kmh, known.capacity_pcu_h) == (2, 60, 1800)
    for link in links.values():
        assert (link.lanes, link.free_speed_kmh, link.capacity_mpcu_h) == (2, 60, 3_600_000)
        assert link.facility_type == "primary"
    for row in osm_classes().values():
        assert len(row.statuses()) == 3


@pytest.mark.parametrize(
    ("tags", "directions"),
    [
        ("highway=primary", ["7.0-b", "7.0-f"]),
        ("highway=primary,oneway=yes", ["7.0-f"]),
        ("highway=primary,oneway=-1", ["7.0-b"]),
        ("highway=primary,junction=roundabout", ["7.0-f"]),
        ("highway=motorway", ["7.0-f"]),
        ("highway=motorway,oneway=no", ["7.0-b", "7.0-f"]),
    ],
)
def test_directions(tmp_path: Path, tags: str, directions: list[str]) -> None:
    links = links_of(tmp_path, (7, "1 2", tags))
    assert list(links) == directions
    ends = {k: (x.from_node_id, x.to_node_id) for k, x in links.items()}
    assert ends == {k: ("1", "2") if k.endswith("f") else ("2", "1") for k in directions}


@pytest.mark.parametrize(
    ("tags", "lanes"),
    [
        ("lanes=6", (3, 3)),
        ("lanes=3", (1, 1)),
        ("lanes=1", (1, 1)),
        ("lanes=3,lanes:forward=2,lanes:backward=1", (2, 1)),
        ("lanes=2;3", (2, 2)),
        ("lanes=16", (8, 8)),
        ("lanes=17", (2, 2)),
    ],
)
def test_lanes_of_both_directions_are_halved(
    tmp_path: Path, tags: str, lanes: tuple[int, int]
) -> None:
    """What cannot be read or believed gives way to the class's two."""
    links = links_of(tmp_path, (7, "1 2", f"highway=primary,{tags}"))
    assert (links["7.0-f"].lanes, links["7.0-b"].lanes) == lanes
    assert links["7.0-f"].capacity_mpcu_h == lanes[0] * 1_800_000


@pytest.mark.parametrize(
    ("tags", "kmh"),
    [
        ("maxspeed=40", 40),
        ("maxspeed=120", 60),
        ("maxspeed=30 mph", 48),
        ("maxspeed=50,maxspeed:hgv=35", 35),
        ("maxspeed=CN:urban", 60),
        ("maxspeed=0", 60),
    ],
)
def test_no_truck_is_faster_than_the_limit_or_its_class(
    tmp_path: Path, tags: str, kmh: int
) -> None:
    assert links_of(tmp_path, (7, "1 2", f"highway=primary,{tags}"))["7.0-f"].free_speed_kmh == kmh


@pytest.mark.parametrize(
    ("tags", "stays"),
    [
        ("hgv=no", False),
        ("access=private", False),
        ("motor_vehicle=no", False),
        ("access=no,hgv=yes", True),
        ("access=destination", True),
        ("hgv=no,access=yes", False),
    ],
)
def test_roads_that_bar_trucks_are_dropped(tmp_path: Path, tags: str, stays: bool) -> None:
    path = extract(tmp_path, (6, "1 4", "highway=primary"), (7, "1 2", f"highway=primary,{tags}"))
    network, report = read_network(path)
    assert ("7.0-f" in network.link_by_id) == stays
    barred = Dropped(what="way", reason="trucks_barred", count=1, examples=("7",))
    assert report.dropped == (() if stays else (barred,))


def test_what_else_is_dropped_is_counted_with_its_reason(tmp_path: Path) -> None:
    """Ways for others, and the section that leaves the extract; the rest of the way stays."""
    report = read_network(
        extract(
            tmp_path,
            (5, "1 4", "highway=footway"),
            (6, "1 4", "highway=service"),
            (7, "1 2 99", "highway=primary"),
            (8, "2 3", "highway=primary"),
        )
    ).report
    assert report.links == 4
    assert report.dropped == (
        Dropped(what="section", reason="outside_extract", count=1, examples=("7",)),
        Dropped(
            what="way", reason="class_not_for_trucks", count=2, examples=("footway", "service")
        ),
    )


def test_a_ring_is_cut_so_that_no_link_ends_where_it_begins(tmp_path: Path) -> None:
    ring = (7, "1 2 4 1", "highway=primary,junction=roundabout")
    links = links_of(tmp_path, ring)
    assert {(x.from_node_id, x.to_node_id) for x in links.values()} == {("1", "4"), ("4", "1")}


def test_the_packed_form_gives_the_same_network(tmp_path: Path) -> None:
    plain = extract(tmp_path, (7, "1 2 3", "highway=primary"), (8, "2 4", "highway=trunk,lanes=4"))
    packed = tmp_path / "small.osm.pbf"
    with osmium.SimpleWriter(str(packed)) as writer:
        for item in osmium.FileProcessor(str(plain)):
            writer.add(item)
    there: Network = read_network(plain).network
    assert read_network(packed).network == there
    assert (there.crs, there.name) == ("EPSG:4326", "small")


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.osm"
    broken.write_text('<osm version="0.6"><node')
    assert faults_of(broken) == ["the OpenStreetMap file cannot be read"]
    (tmp_path / "broken.osm.pbf").write_bytes(b"no blocks")
    assert faults_of(tmp_path / "broken.osm.pbf") == ["the OpenStreetMap file cannot be read"]


def test_an_extract_without_roads_is_refused(tmp_path: Path) -> None:
    """No way for trucks; or none with its points."""
    assert faults_of(extract(tmp_path, (5, "1 4", "highway=footway"))) == [
        "the file holds no road for trucks"
    ]
    assert faults_of(extract(tmp_path, (5, "98 99", "highway=primary"))) == [
        "no link of the file can be used",
        "1 were left out: has points outside the extract",
    ]
