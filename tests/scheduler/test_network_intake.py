"""Tests that a GMNS directory becomes a network in the house's units, or a full list of faults."""

from pathlib import Path

import pytest
import shapely

from scheduler.domain.network import Link, Network
from scheduler.domain.network_report import Dropped, NetworkReport, Note
from scheduler.errors import IntakeError
from scheduler.intake.datums import Position, bd09_of_gcj02, gcj02_of_wgs84
from scheduler.intake.network import read_network
from scheduler.intake.network_settings import NetworkSettings, read_settings
from scheduler.intake.step import Step

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


def network_of(base: Path, **settings: object) -> Network:
    return read_network(base, NetworkSettings.model_validate(settings)).network


def report_of(base: Path, **settings: object) -> NetworkReport:
    return read_network(base, NetworkSettings.model_validate(settings)).report


def faults_of(base: Path, **settings: object) -> IntakeError:
    with pytest.raises(IntakeError) as caught:
        network_of(base, **settings)
    return caught.value


def places_of_faults(base: Path, **settings: object) -> list[tuple[str, int | None, str | None]]:
    error = faults_of(base, **settings)
    assert all(fault.remedy and fault.message for fault in error.faults)
    return [(fault.file, fault.row, fault.column) for fault in error.faults]


def test_units_are_converted_and_rounded_to_the_safe_side(tmp_path: Path) -> None:
    """Length up, speed and capacity down; capacity is given per lane and kept for all lanes."""
    network = network_of(directory(tmp_path, "a,1,2,true,1.2341,59.9,1200.0005,2,z\n"))
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
    network = network_of(directory(tmp_path, "a,1,2,false,1,30,900,1,\n", config=config))
    assert [(x.link_id, x.from_node_id, x.to_node_id) for x in network.links] == [
        ("a", "1", "2"),
        ("a-back", "2", "1"),
    ]
    assert {(x.length_m, x.free_speed_kmh) for x in network.links} == {(1610, 48)}


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    links = (
        "a,1,2,true,1,60,0,1,z\n"  # no capacity
        "b,1,9,true,1,60,900,1,y\n"  # unknown node and zone
        "b,2,1,true,-1,60,900,1,z\n"  # no length, id of the row above
        "c,2,2,true,1,600,999999,1,z\n"  # loop, too fast, "no limit"
        "d,2,1,true,one,60,900,1,z\n"  # no number
    )
    assert sorted(places_of_faults(directory(tmp_path, links))) == [
        ("link.csv", 2, "capacity"),
        ("link.csv", 3, "to_node_id"),
        ("link.csv", 3, "zone_id"),
        ("link.csv", 4, "length"),
        ("link.csv", 4, "link_id"),
        ("link.csv", 5, "capacity"),
        ("link.csv", 5, "free_speed"),
        ("link.csv", 5, "to_node_id"),
        ("link.csv", 6, "length"),
    ]


def test_a_fault_is_told_in_both_languages(tmp_path: Path) -> None:
    (fault,) = faults_of(directory(tmp_path, "a,1,2,true,1,60,0,1,z\n")).faults
    assert fault.said("en") == (
        "link.csv, row 2, column capacity ('0'): the capacity is zero or less. "
        "Give the link's own capacity, or remove a link that carries nothing."
    )
    assert fault.said("zh-CN") == (
        "link.csv 第 2 行 capacity 列（0）：通行能力为零或负数。"
        "请填写实际通行能力，或删除不通车的路段。"
    )


def test_a_missing_unit_does_not_hide_the_other_faults(tmp_path: Path) -> None:
    base = directory(tmp_path, "a,1,9,true,1,60,900,1,z\n", config="long_length\nm\n")
    assert places_of_faults(base) == [("config.csv", 2, "speed"), ("link.csv", 2, "to_node_id")]


REASONS = {
    "0": "zero or less",
    "-5": "zero or less",
    "99": "order of magnitude below",
    "100": None,
    "3000": None,
    "3001": "of all lanes, or of a day",
    "24000": "of all lanes, or of a day",
    "9999": "no limit",
    "99999": "no limit",
    "999999": "no limit",
    "100000": "no limit",
}


@pytest.mark.parametrize(("capacity", "reason"), REASONS.items())
def test_a_capacity_is_used_or_refused_with_its_reason(
    tmp_path: Path, capacity: str, reason: str | None
) -> None:
    """The least and the most of a lane just fit; the others say why not."""
    rows = "".join(f"{k},1,2,true,1,60,1800,1,z\n" for k in range(2))
    base = directory(tmp_path, f"{rows}a,1,2,true,1,60,{capacity},2,z\n")
    if reason is None:
        (link,) = (x for x in network_of(base).links if x.link_id == "a")
        assert link.capacity_mpcu_h == int(capacity) * 2000
    else:
        (fault,) = faults_of(base).faults
        assert (fault.row, fault.column, fault.value) == (4, "capacity", capacity)
        assert reason in fault.message


def test_a_column_of_daily_vehicles_is_named_as_such(tmp_path: Path) -> None:
    """Most values ten times an hour's: one more fault, for the column; said to be daily, a tenth
    is the busiest hour's."""
    rows = "".join(f"{k},1,2,true,1,60,{c},1,z\n" for k, c in enumerate((16000, 18000, 900)))
    base = directory(tmp_path, rows)
    found = faults_of(base).faults
    assert [f.row for f in found] == [1, 2, 3]
    assert "vehicles per day" in found[0].message
    base = directory(tmp_path, rows.replace(",900,", ",9000,"))
    daily = network_of(base, capacity_time="day")
    assert [link.capacity_mpcu_h for link in daily.links] == [1_600_000, 1_800_000, 900_000]


def test_a_minority_of_large_values_is_no_daily_column(tmp_path: Path) -> None:
    rows = "".join(f"{k},1,2,true,1,60,{c},1,z\n" for k, c in enumerate((16000, 1800, 900)))
    assert places_of_faults(directory(tmp_path, rows)) == [("link.csv", 2, "capacity")]


@pytest.mark.parametrize(
    ("capacity", "lanes"), [("2400", 1), ("2401", 2), ("9000", 4), ("19200", 8), ("19201", None)]
)
def test_a_capacity_of_the_link_says_how_many_lanes_it_has(
    tmp_path: Path, capacity: str, lanes: int | None
) -> None:
    """Published networks write 1 lane beside the capacity of all: as many lanes are taken as a
    usual lane's capacity needs, and noted. Wider than the widest road is refused."""
    base = directory(tmp_path, f"a,1,2,true,1,60,{capacity},1,z\n")
    if lanes is None:
        (fault,) = faults_of(base, capacity_per="link").faults
        assert "vehicles per day" in fault.message
        return
    read = read_network(base, NetworkSettings(capacity_per="link"))
    (link,) = read.network.links
    assert (link.lanes, link.capacity_mpcu_h) == (lanes, int(capacity) * 1000)
    noted = (Note(note="lanes_from_capacity", count=1),) if lanes > 1 else ()
    assert [n for n in read.report.notes if n.note == "lanes_from_capacity"] == list(noted)


@pytest.mark.parametrize(("lanes", "reason"), [("0", "no lane"), ("9", "more lanes"), ("8", None)])
def test_lanes_are_those_of_a_road(tmp_path: Path, lanes: str, reason: str | None) -> None:
    base = directory(tmp_path, f"a,1,2,true,1,60,900,{lanes},z\n")
    if reason is None:
        assert network_of(base).links[0].lanes == 8
    else:
        (fault,) = faults_of(base).faults
        assert (fault.column, reason in fault.message) == ("lanes", True)


def test_units_may_be_stated_for_a_network_without_config(tmp_path: Path) -> None:
    """Without either each unit is a fault; an unknown unit is one too."""
    base = directory(tmp_path, "a,1,2,true,500,60,900,1,z\n", config="")
    units = [("config.csv", None, "long_length"), ("config.csv", None, "speed")]
    assert places_of_faults(base) == units
    network = network_of(base, long_length="m", speed="km/h")
    assert (network.name, network.links[0].length_m) == (tmp_path.name, 500)
    assert places_of_faults(base, long_length="parsec", speed="km/h") == units[:1]


def test_what_the_sender_states_comes_before_config(tmp_path: Path) -> None:
    """The published Lima network says miles and means feet."""
    config = "dataset_name,long_length,speed\nLima,mile,mph\n"
    base = directory(tmp_path, "a,1,2,true,1000,30,900,1,\n", config=config)
    (tmp_path / "settings.csv").write_text("long_length\nft\n")
    read = read_network(base, read_settings(tmp_path / "settings.csv"))
    assert (read.network.name, read.network.links[0].length_m) == ("Lima", 305)


def test_direction_must_be_known(tmp_path: Path) -> None:
    """Absent in the file: one fault, unless the sender states it; absent in a row: that row."""
    links = "link_id,from_node_id,to_node_id,length,free_speed,capacity,lanes\na,1,2,1,60,900,1\n"
    base = directory(tmp_path, "", link=links)
    assert places_of_faults(base) == [("link.csv", 1, "directed")]
    assert len(network_of(base, all_directed=True).links) == 1
    directory(tmp_path, "a,1,2,,1,60,900,1,z\nb,2,1,true,1,60,900,1,z\n")
    assert places_of_faults(base) == [("link.csv", 2, "directed")]


PLUS_LINKS = (
    "link_id,from_node_id,to_node_id,dir_flag,length,vdf_length_mi,lanes,capacity,free_speed,"
    "vdf_free_speed_mph,link_type,allowed_uses,ref_volume,geometry\n"
    '1,1,2,1,1609.344,1,1,9000,88.55,55.02,1,,7074.9,"LINESTRING (123.4 41.8, 123.5 41.8)"\n'
    '2,2,1,1,1609.344,1,1,1800,88.55,55.02,1,,2000.0001,"LINESTRING (123.5 41.8, 123.4 41.8)"\n'
)


def test_the_columns_of_gmns_plus_are_read(tmp_path: Path) -> None:
    """Capacity of all lanes, the volume as background (rounded up), one direction stated."""
    base = directory(tmp_path, "", link=PLUS_LINKS, config="", zone="")
    read = read_network(base, NetworkSettings(
        long_length="m", speed="km/h", all_directed=True, capacity_per="link"
    ))  # fmt: skip
    assert [
        (x.length_m, x.free_speed_kmh, x.lanes, x.facility_type) for x in read.network.links
    ] == [
        (1610, 88, 4, "1"),
        (1610, 88, 1, "1"),
    ]
    assert [x.volume_mpcu_h for x in read.network.links] == [7_074_900, 2_000_001]
    assert (read.report.links_with_volume, read.report.links_over_capacity) == (2, 1)


OSM_LINKS = (
    "name,link_id,osm_way_id,from_node_id,to_node_id,dir_flag,length,lanes,free_speed,capacity,"
    "link_type_name,link_type,from_biway\n"
    "South Street,0,5590090,1,2,1,0.5,,29,,secondary,6,1\n"
    "(null),1,5590090,2,1,1,0.5,2,NaN,,footway,9,1\n"
)


def test_gaps_are_filled_by_class_only_where_asked(tmp_path: Path) -> None:
    """As osm2gmns writes a network: no capacity, few lanes, NaN and (null) for empty cells."""
    base = directory(tmp_path, "", link=OSM_LINKS, config="", zone="")
    given = {"long_length": "mi", "speed": "mph", "all_directed": True}
    assert places_of_faults(base, **given)[0] == ("link.csv", 1, "capacity")
    filled = {**given, "fill_by_class": True}
    assert places_of_faults(base, **filled) == [
        ("link.csv", 3, "free_speed"),
        ("link.csv", 3, "capacity"),
    ]
    read = read_network(base, NetworkSettings.model_validate({**filled, "unusable": "drop"}))
    (link,) = read.network.links
    assert (link.lanes, link.capacity_mpcu_h, link.free_speed_kmh) == (1, 1_600_000, 46)
    assert link.facility_type == "secondary"
    assert read.report.dropped == (
        Dropped(what="link", reason="class_not_for_trucks", count=1, examples=("footway",)),
    )


@pytest.mark.parametrize(
    ("word", "figures"),
    [
        ("freeway", (2, 4_600_000)),
        ("Ramp", (1, 2_300_000)),
        ("arterial", (2, 3_600_000)),
        ("collector", (1, 1_200_000)),
        ("local", (1, 1_000_000)),
        ("bikeway", None),
    ],
)
def test_the_words_of_gmns_for_classes_have_figures_too(
    tmp_path: Path, word: str, figures: tuple[int, int] | None
) -> None:
    header = HEADER.replace("zone_id", "facility_type")
    link = f"{header}a,1,2,true,1,60,,,{word}\n"
    base = directory(tmp_path, "", link=link)
    if figures is None:
        assert faults_of(base, fill_by_class=True, unusable="drop")
        return
    (made,) = network_of(base, fill_by_class=True).links
    assert (made.lanes, made.capacity_mpcu_h) == figures
    assert made.facility_type == word


def test_dropping_is_counted_and_refused_where_it_takes_most_links(tmp_path: Path) -> None:
    """Two of four may go; with three of four the settings are wrong, not the links."""
    good = "a,1,2,true,8,60,900,1,z\nb,2,1,true,8,60,900,1,z\n"
    bad = "c,1,2,true,0,60,999999,1,z\nd,2,1,true,1,60,999999,1,z\n"
    report = report_of(directory(tmp_path, good + bad), unusable="drop")
    assert report.links == 2
    assert report.dropped == (
        Dropped(what="link", reason="capacity_no_limit", count=1, examples=("d",)),
        Dropped(what="link", reason="length_zero", count=1, examples=("c",)),
    )
    base = directory(tmp_path, good.split("\n", maxsplit=1)[0] + "\n" + bad)
    first, *reasons = faults_of(base, unusable="drop").faults
    assert "2 of 3 links would be dropped" in first.message
    assert [fault.value for fault in reasons] == ["1", "1"]


def test_components_and_lone_nodes_are_counted(tmp_path: Path) -> None:
    nodes = "node_id,x_coord,y_coord\n" + "".join(f"{n},{120 + n},41\n" for n in range(1, 6))
    links = "a,1,2,true,80,60,900,1,\nb,2,1,true,80,60,900,1,\nc,2,3,true,80,60,900,1,\n"
    report = report_of(directory(tmp_path, links, node=nodes, zone=""))
    assert (report.nodes, report.links, report.zones, report.length_m) == (5, 3, 0, 240_000)
    assert (report.components, report.largest_component, report.nodes_without_links) == (4, 2, 2)


@pytest.mark.parametrize(("length", "is_odd"), [("8.3", False), ("1", True), ("99", True)])
def test_lengths_that_do_not_fit_the_coordinates_are_noted(
    tmp_path: Path, length: str, is_odd: bool
) -> None:
    """The nodes are 8.3 km apart."""
    report = report_of(directory(tmp_path, f"a,1,2,true,{length},60,900,1,z\n"))
    assert ("length_scale" in {note.note for note in report.notes}) == is_odd


def test_a_link_without_a_zone_lies_where_it_begins(tmp_path: Path) -> None:
    links = "a,1,2,true,8,60,900,1,\nb,2,1,true,8,60,900,1,\n"
    network = network_of(directory(tmp_path, links))
    assert [link.zone_id for link in network.links] == ["z", None]


def test_each_step_is_told(tmp_path: Path) -> None:
    told: list[Step] = []
    read_network(directory(tmp_path, "a,1,2,true,8,60,900,1,z\n"), tell=told.append)
    assert [(step.step, step.n) for step in told] == [
        ("reading", 0),
        ("reading", 0),
        ("checking", 1),
        ("building", 1),
        ("components", 1),
    ]


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "roads.xlsx").write_bytes(b"")
    assert places_of_faults(tmp_path / "roads.xlsx") == [("roads.xlsx", None, None)]


def test_the_network_of_liaoning_is_read() -> None:
    """With its zones: the third ring nests the second. All of it hangs together."""
    network, report = read_network(LIAONING)
    assert len(network.links) >= 2500
    assert network.node_by_id["angang-anshan"].node_type == "plant"
    assert network.zones_within("shenyang-ring3") == {"shenyang-ring2", "shenyang-ring3"}
    assert len(network.zones_within("shenyang")) == 4
    assert network.zones_within("dalian") == {"dalian"}
    assert (report.components, report.dropped, report.notes) == (1, (), ())
    named = {link.name: link.name_en for link in network.links}
    assert named["G1京哈高速 铁岭段"] == "G1 Beijing-Harbin Expressway, Tieling"


@pytest.mark.parametrize(("length", "fits"), [("1000", True), ("1000.0001", False)])
def test_no_link_is_longer_than_a_thousand_kilometres(
    tmp_path: Path, length: str, fits: bool
) -> None:
    base = directory(tmp_path, f"a,1,2,true,{length},60,900,1,z\n")
    if fits:
        assert network_of(base).links[0].length_m == 1_000_000
    else:
        assert places_of_faults(base) == [("link.csv", 2, "length")]


def test_the_id_of_a_second_direction_must_be_free(tmp_path: Path) -> None:
    rows = "a,1,2,false,8,60,900,1,z\na-back,2,1,true,8,60,900,1,z\n"
    (fault,) = faults_of(directory(tmp_path, rows)).faults
    assert (fault.row, fault.value, "first in row 2" in fault.message) == (3, "a-back", True)


def test_a_network_of_which_nothing_is_left_is_refused(tmp_path: Path) -> None:
    """Only links of classes that trucks do not use: none is unusable, none is a road."""
    link = OSM_LINKS.replace("secondary", "cycleway")
    base = directory(tmp_path, "", link=link, config="", zone="")
    given = {"long_length": "mi", "speed": "mph", "all_directed": True, "fill_by_class": True}
    whole, why = faults_of(base, **given, unusable="drop").faults
    assert whole.message == "no link of the file can be used"
    assert why.message == "2 were left out: of a class that is not in the table of roads for trucks"
    assert (why.value, "道路等级不在货车道路表中" in why.message_zh) == ("cycleway, footway", True)


@pytest.mark.parametrize("crs", ["EPSG:4326", "epsg:4326", "4326", "WGS84", "WGS-84"])
def test_longitudes_and_latitudes_have_one_name_inside(tmp_path: Path, crs: str) -> None:
    config = CONFIG.replace("EPSG:4326", crs)
    network = network_of(directory(tmp_path, "a,1,2,true,1,60,1200,2,z\n", config=config))
    assert network.crs == "EPSG:4326"
    assert (network.nodes[0].x, network.nodes[0].y) == (123.4, 41.8)


@pytest.mark.parametrize("datum", ["GCJ-02", "gcj02", "BD-09", "bd09"])
def test_nodes_and_boundaries_of_map_services_become_wgs84(tmp_path: Path, datum: str) -> None:
    """Shenyang's nodes move by some hundreds of metres, and back by the forward formula."""
    zones = 'zone_id,super_zone,boundary\nz,,"POLYGON ((123 41, 124 41, 124 42, 123 41))"\n'
    config = CONFIG.replace("EPSG:4326", datum)
    base = directory(tmp_path, "a,1,2,true,1,60,1200,2,z\n", config=config, zone=zones)
    network = network_of(base)
    assert network.crs == "EPSG:4326"
    first = network.nodes[0]
    assert first.x is not None and first.y is not None
    assert 0.001 < abs(first.x - 123.4) < 0.02
    given = gcj02_of_wgs84(Position(first.y, first.x))
    given = bd09_of_gcj02(given) if datum.lower().startswith("bd") else given
    assert (given.lon, given.lat) == (pytest.approx(123.4, abs=1e-6), pytest.approx(41.8, abs=1e-6))
    boundary = network.zones[0].boundary
    assert boundary is not None
    west, south, *_ = shapely.from_wkt(boundary).bounds
    assert 0.001 < abs(west - 123) < 0.02 and 0.0001 < abs(south - 41) < 0.02
    assert Note(note="turned_into_wgs84", count=2) in report_of(base).notes


def test_a_node_of_a_chinese_datum_outside_china_is_a_fault(tmp_path: Path) -> None:
    config = CONFIG.replace("EPSG:4326", "gcj02")
    nodes = NODES.replace("123.5,41.8", "-84.1,40.7")
    error = faults_of(directory(tmp_path, "a,1,2,true,1,60,1200,2,z\n", config=config, node=nodes))
    (fault,) = error.faults
    assert (fault.file, fault.column, fault.value) == ("node.csv", "x_coord", "2: -84.1, 40.7")


def test_coordinates_of_another_system_are_kept_and_noted(tmp_path: Path) -> None:
    config = CONFIG.replace("EPSG:4326", "3735")
    nodes = NODES.replace("123.5,41.8", "1523373,1003235")
    base = directory(tmp_path, "a,1,2,true,1,60,1200,2,z\n", config=config, node=nodes)
    network, report = read_network(base)
    assert (network.crs, network.nodes[1].x) == ("3735", 1523373)
    assert Note(note="other_coordinates", count=2) in report.notes
