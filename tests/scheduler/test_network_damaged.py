"""Tests that a damaged network file is a network or a list of faults, never another error."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.errors import IntakeError
from scheduler.intake.network import read_network
from scheduler.intake.network_settings import NetworkSettings

GIVEN = NetworkSettings(long_length="km", speed="km/h", time="min")
NASTY = (
    "", " ", "0", "-1", "1e999999", "1e-999999", "-1e999999", "NaN", "inf", "９", "1,5", "1;5", "x",
    "true", "99999", "1.0000000000000000000000000001", "\x00", '"', "é", "1" * 400, "a-back", "2",
)  # fmt: skip
ROWS = {
    "node.csv": ["node_id,x_coord,y_coord,zone_id", "1,123.4,41.8,z", "2,123.5,41.8,z"],
    "zone.csv": ["zone_id,super_zone,population_weight", "z,,3"],
    "link.csv": [
        "link_id,from_node_id,to_node_id,directed,length,free_speed,capacity,lanes,ref_volume",
        "a,1,2,false,8,60,900,1,300",
        "b,2,1,true,8,60,900,2,300",
    ],
}
NET = ["~ init_node term_node capacity length free_flow_time b power speed toll link_type ;",
       "1 2 1800 8 8 0.15 4 0 0 1 ;", "2 1 1800 8 8 0.15 4 0 0 1 ;"]  # fmt: skip
damage = st.tuples(
    st.integers(0, 30), st.integers(0, 30), st.one_of(st.sampled_from(NASTY), st.text(max_size=6))
)


def damaged(rows: list[str], where: tuple[int, int, str], mark: str) -> str:
    """The rows with one cell, of any row and column, replaced."""
    row, column, cell = where
    cells = [line.split(mark) for line in rows]
    line = cells[row % len(cells)]
    line[column % len(line)] = cell
    return "\n".join(mark.join(line) for line in cells) + "\n"


def read_or_refused(path: Path, given: NetworkSettings) -> None:
    try:
        network, report = read_network(path, given)
    except IntakeError as error:
        assert all(fault.message and fault.remedy for fault in error.faults)
        return
    assert report.links == len(network.links) > 0
    assert all(
        link.length_m < 2**53 and (link.volume_mpcu_h or 0) < 2**53 for link in network.links
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


some = settings(
    max_examples=200, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
conventions = st.sampled_from(
    (
        GIVEN,
        GIVEN.model_copy(update={"unusable": "drop"}),
        GIVEN.model_copy(update={"capacity_time": "day", "capacity_per": "link"}),
    )
)


@some
@given(name=st.sampled_from(sorted(ROWS)), where=damage, conv=conventions)
def test_gmns(folder: Path, name: str, where: tuple[int, int, str], conv: NetworkSettings) -> None:
    for file, rows in ROWS.items():
        text = damaged(rows, where, ",") if file == name else "\n".join(rows) + "\n"
        (folder / file).write_text(text, encoding="utf-8")
    read_or_refused(folder, conv)


@some
@given(where=damage, conv=conventions)
def test_tntp(folder: Path, where: tuple[int, int, str], conv: NetworkSettings) -> None:
    path = folder / "x_net.tntp"
    path.write_text(damaged(NET, where, " "), encoding="utf-8")
    read_or_refused(path, conv)


OSM_TAGS = ("highway", "lanes", "maxspeed", "oneway", "hgv", "lanes:forward", "junction")


@some
@given(key=st.sampled_from(OSM_TAGS), value=st.text("0123456789.;- mphkyesno九", max_size=8))
def test_osm(folder: Path, key: str, value: str) -> None:
    path = folder / "x.osm"
    path.write_text(
        '<osm version="0.6"><node id="1" lon="123.4" lat="41.8"/><node id="2" lon="123.5" '
        'lat="41.8"/><way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="trunk"/></way>'
        f'<way id="2"><nd ref="1"/><nd ref="2"/><tag k="{key}" v="{value}"/></way></osm>'
    )
    read_or_refused(path, GIVEN)


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\x00", "节点,编号\n".encode("gbk"), b"\n\n\n"])
@pytest.mark.parametrize("name", ["link.csv", "node.csv", "config.csv", "x_net.tntp"])
def test_a_file_of_no_such_kind(tmp_path: Path, name: str, text: bytes) -> None:
    """Empty, binary, or in another encoding: refused with the file's name."""
    for file, rows in ROWS.items():
        (tmp_path / file).write_text("\n".join(rows) + "\n")
    (tmp_path / name).write_bytes(text)
    path = tmp_path / name if name.endswith("tntp") else tmp_path
    with pytest.raises(IntakeError) as caught:
        read_network(path, GIVEN)
    assert name in {fault.file for fault in caught.value.faults}


def test_the_undamaged_files_are_networks(tmp_path: Path) -> None:
    for name, rows in {**ROWS, "x_net.tntp": NET}.items():
        (tmp_path / name).write_text("\n".join(rows) + "\n")
    assert len(read_network(tmp_path, GIVEN).network.links) == 3
    assert len(read_network(tmp_path / "x_net.tntp", GIVEN).network.links) == 2
