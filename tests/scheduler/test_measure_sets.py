"""Tests that the named sets say what was read, are whole, stack, and can be made a city's own."""

import csv
import json
import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scheduler.cli import app
from scheduler.domain.alert import Level
from scheduler.domain.hours import HourRun
from scheduler.domain.measure import EmissionBar, Moment, OutputRule
from scheduler.errors import BadInputError, ConflictError, IntakeError
from scheduler.intake.measure_sets import named_sets, read_sets, write_template
from scheduler.intake.network import read_network
from scheduler.prepare.levels import Course
from scheduler.prepare.measures import Subject, exemption_of, is_forbidden
from solver.instance import TimeGrid

LIAONING = Path(__file__).parents[2] / "fixtures" / "liaoning"
NAMES = [card.set_id for card in named_sets()]
CJK = re.compile(r"[\u4e00-\u9fff]")


def cuofeng(*arguments: str | Path, url: str = "sqlite://") -> Result:
    environment = {"CUOFENG_DATABASE_URL": url}
    return CliRunner().invoke(app, [str(a) for a in arguments], env=environment)


def test_the_sets_that_come_with_the_package() -> None:
    assert NAMES == [
        "cement-340", "key-units-orange", "liaoning-demo", "qingxu-2018", "shenyang-2017",
        "shenyang-standing", "tangshan-2021-orange", "tangshan-night-half", "tangshan-night-stop",
        "tangshan-red",
    ]  # fmt: skip


def test_every_set_reads_on_the_network_of_liaoning() -> None:
    network = read_network(LIAONING / "network").network
    for name in NAMES:
        found = read_sets([name], network)
        assert found.rules
        assert found.name == name


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_is_told_in_both_languages(name: str) -> None:
    for rule in read_sets([name], None).rules:
        assert CJK.search(rule.said("zh-CN")), rule.measure_id
        assert not CJK.search(rule.said("en")), rule.measure_id


def test_qingxu_cuts_trucks_more_at_each_level() -> None:
    caps = {
        rule.levels[0].value: rule.cut_percent
        for rule in read_sets(["qingxu-2018"], None).trip_caps
    }
    assert caps == {"blue": 10, "yellow": 20, "orange": 30, "red": 50}


@pytest.mark.parametrize(
    ("grade", "level", "cut"),
    [
        ("A", "red", None), ("B", "yellow", None), ("B", "orange", 20), ("B", "red", 100),
        ("C", "yellow", 50), ("C", "orange", 100), ("C", "red", 100),
        ("D", "yellow", 100), ("D", "orange", 100), ("D", "red", 100), ("D", "blue", None),
    ],
)  # fmt: skip
def test_cement_is_cut_by_grade_and_level(grade: str, level: str, cut: int | None) -> None:
    rules: tuple[OutputRule, ...] = read_sets(["cement-340"], None).output_cuts
    held = [r.cut_percent for r in rules if grade in r.grades and level in r.levels]
    assert held == ([] if cut is None else [cut])


def test_cement_of_grade_d_has_no_road_transport_by_any_truck() -> None:
    bars = {bar.measure_id: bar for bar in read_sets(["cement-340"], None).emission_bars}
    stop = bars["c340-d-transport"]
    assert stop.bars("electric", "electric", "train6")
    assert stop.barred_kinds() == (
        "ordinary", "safe_production", "livelihood", "hazardous", "emergency",
    )  # fmt: skip
    older = bars["c340-china4"]
    assert older.bars("gas", "china4", "train6")
    assert not older.bars("diesel", "china5", "train6")
    assert not older.bars("diesel", "china4", "medium2")


def bar_of(name: str, measure: str) -> EmissionBar:
    bars = read_sets([name], None).emission_bars
    return next(bar for bar in bars if bar.measure_id == measure)


def test_shenyang_bars_china_3_by_ring_and_hour_without_an_alert() -> None:
    inner, outer = (bar_of("shenyang-standing", f"sy-china3-ring{n}") for n in (3, 4))
    assert (inner.levels, inner.hours) == ((), ())
    assert (outer.hours, outer.polarity) == ((HourRun(420, 1320),), "forbid")
    assert inner.bars("diesel", "china3", "medium2")
    assert not inner.bars("diesel", "china4", "medium2")
    assert not inner.bars("gas", "china3", "medium2")


def test_shenyang_bars_what_is_older_than_china_3_on_all_roads_but_expressways() -> None:
    rule = bar_of("shenyang-standing", "sy-below-china3")
    types = {link.facility_type for link in read_network(LIAONING / "network").network.links}
    assert types - {*rule.road_types} == {"expressway", "expressway_wide"}
    assert (rule.levels, rule.hours, rule.cities) == ((), (), ("shenyang",))
    assert (rule.through_stage, rule.fuels) == ("china2", ("diesel",))
    assert not rule.bars("diesel", "china3", "train6")


@pytest.mark.parametrize(
    ("level", "ring2", "ring3"),
    [
        ("blue", (), ()),
        ("yellow", ("rigid4", "train6"), ()),
        ("orange", ("medium2", "rigid4", "train6"), ("rigid4", "train6")),
        ("red", ("medium2", "rigid4", "train6"), ("rigid4", "train6")),
    ],
)
def test_shenyangs_rings_close_by_level_and_size(
    level: str, ring2: tuple[str, ...], ring3: tuple[str, ...]
) -> None:
    held = [r for r in read_sets(["shenyang-2017"], None).emission_bars if level in r.levels]
    for ring, sizes in (("shenyang-ring2", ring2), ("shenyang-ring3", ring3)):
        closed = {size for rule in held if ring in rule.zones for size in rule.sizes}
        assert tuple(sorted(closed)) == sizes
    assert {rule.status for rule in held if "red" in rule.levels} <= {"assumed"}


def test_key_units_stop_china_4_at_orange_from_ten_trips_a_day_on() -> None:
    rules = read_sets(["key-units-orange"], None)
    (bar,), (free,) = rules.emission_bars, rules.exemptions
    assert [level.value for level in bar.levels] == ["orange"]
    assert bar.bars("gas", "china4", "train6")
    assert not bar.bars("diesel", "china5", "train6")
    assert not bar.bars("diesel", "china4", "medium2")
    assert "hazardous" not in bar.barred_kinds()
    for trips, clause in ((9, free.clause), (10, None)):
        assert exemption_of(rules, plant("steel", trips)) == clause


def plant(sector: str, trips: int = 50, level: str = "orange") -> Subject:
    moment = Moment(Level(level), date(2030, 1, 1), (0, 30))
    course = Course((moment,), frozenset())
    return Subject("p", "tangshan", sector, "B", trips, course)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sector", "level", "holds"),
    [
        ("steel", "orange", True), ("coking", "orange", True), ("cement", "orange", True),
        ("chemicals", "orange", False), ("steel", "yellow", False), ("steel", "red", False),
    ],
)  # fmt: skip
def test_tangshan_halves_the_vehicles_of_three_sectors_at_orange(
    sector: str, level: str, holds: bool
) -> None:
    (cap,) = read_sets(["tangshan-2021-orange"], None).trip_caps
    assert cap.cut_percent == 50
    assert bool(plant(sector, level=level).slots(cap)) == holds


@pytest.mark.parametrize(("hour", "forbidden"), [(6, False), (7, True), (18, True), (19, False)])
def test_tangshan_bars_five_axles_from_trunk_roads_by_day_at_red(
    hour: int, forbidden: bool
) -> None:
    bar = bar_of("tangshan-red", "tsr-axles")
    assert [level.value for level in bar.levels] == ["red"]
    assert (bar.road_types, bar.sizes) == (("national", "provincial"), ("train6",))
    grid = TimeGrid(
        start="2030-01-01T00:00:00+08:00", slot_minutes=60, n_slots=24, interval_slots=8
    )
    assert is_forbidden(bar.hours, bar.polarity, grid, hour) == forbidden


def test_tangshans_nights_are_the_barred_hours() -> None:
    """Off-peak is not night: 22-08 and 20-08 over midnight."""
    (half,) = read_sets(["tangshan-night-half"], None).trip_caps
    stop = bar_of("tangshan-night-stop", "tsn-stop")
    assert (half.cut_percent, half.hours[0].touches(1319, 1320)) == (50, False)
    assert half.hours[0].touches(1320, 1321)
    assert half.hours[0].touches(479, 480)
    assert not half.hours[0].touches(480, 481)
    assert stop.hours == (HourRun(1200, 480),)


def test_stacked_sets_keep_whose_each_rule_is() -> None:
    both = read_sets(["qingxu-2018", "tangshan-2021-orange"], None)
    assert both.name == "qingxu-2018+tangshan-2021-orange"
    assert len(both.rules) == 5
    assert both.set_of("ts21-orange") == "tangshan-2021-orange"
    assert both.set_of("qingxu-red") == "qingxu-2018"


def test_sets_with_a_rule_of_one_id_are_not_stacked() -> None:
    with pytest.raises(ConflictError, match="qingxu-blue"):
        read_sets(["qingxu-2018", "qingxu-2018"], None)
    with pytest.raises(BadInputError, match="no folder and no named set"):
        read_sets(["qingxu-1918"], None)


def test_a_template_is_read_again_and_is_a_set_of_its_own(tmp_path: Path) -> None:
    write_template(tmp_path / "anshan", "qingxu-2018")
    own = read_sets([str(tmp_path / "anshan")], None)
    assert own.name == "anshan"
    assert own.trip_caps == read_sets(["qingxu-2018"], None).trip_caps
    assert (tmp_path / "anshan" / "window_limits.csv").exists()
    with pytest.raises(ConflictError, match="is not empty"):
        write_template(tmp_path / "anshan", "qingxu-2018")


def test_a_rule_added_to_a_template_is_read(tmp_path: Path) -> None:
    """The header holds every column, also those that the copied set has no use for."""
    write_template(tmp_path / "own", "qingxu-2018")
    path = tmp_path / "own" / "output_cuts.csv"
    columns = next(csv.reader(path.open(encoding="utf-8-sig")))
    cells = dict.fromkeys(columns, "") | {
        "measure_id": "late", "cut_percent": "10", "from_episode_hour": "120", "clause": "条",
        "source": "s", "status": "assumed", "cities": "anshan;benxi", "to_date": "2030-03-31",
    }  # fmt: skip
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, columns).writerow(cells)
    (rule,) = read_sets([str(path.parent)], None).output_cuts
    assert (rule.from_episode_hour, rule.cities) == (120, ("anshan", "benxi"))
    assert str(rule.to_date) == "2030-03-31"


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    write_template(tmp_path / "own", "qingxu-2018")
    (tmp_path / "own" / "trip_caps.csv").unlink()
    with pytest.raises(IntakeError, match="no table of measures"):
        read_sets([str(tmp_path / "own")], None)


def test_the_commands_list_and_check_sets() -> None:
    listed = json.loads(cuofeng("measures", "list", "--json").stdout)
    assert [row["set_id"] for row in listed] == NAMES
    assert "清徐" in cuofeng("measures", "list", "--lang", "zh-CN").stdout
    done = cuofeng("measures", "check", "qingxu-2018", "tangshan-2021-orange")
    assert done.stdout.endswith("5 rules; 5 read, 0 derived, 0 assumed\n")
    refused = cuofeng("measures", "check", "nowhere")
    assert refused.exit_code == 2
    assert "The named sets are" in refused.stderr


def test_a_loaded_set_becomes_the_newest_version(database_url: str) -> None:
    assert cuofeng("measures", "load", "qingxu-2018", url=database_url).exit_code == 2
    network = cuofeng("network", "load", LIAONING / "network", url=database_url)
    assert network.exit_code == 0
    told = [
        json.loads(cuofeng("measures", "load", *sets, "--json", url=database_url).stdout)
        for sets in (["qingxu-2018"], ["qingxu-2018"], ["qingxu-2018", "shenyang-2017"])
    ]
    assert [(row["version"], row["is_new"]) for row in told] == [(1, True), (1, False), (2, True)]
