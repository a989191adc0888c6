"""Tests that measures, road conditions and forecasts are read whole or refused with every fault."""

import shutil
from pathlib import Path

import pytest

from scheduler.domain.hours import HourRun
from scheduler.domain.network import Network
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.air import read_forecasts
from scheduler.intake.conditions import read_conditions
from scheduler.intake.measure_sets import folder_of
from scheduler.intake.measures import read_measures
from scheduler.intake.network import read_network

LIAONING = Path(__file__).parents[2] / "fixtures" / "liaoning"
DEMO = folder_of("liaoning-demo")


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network(LIAONING / "network").network


def changed(tmp_path: Path, source: Path, name: str, old: str, new: str) -> Path:
    folder = tmp_path / source.name
    if not folder.exists():
        shutil.copytree(source, folder)
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return folder


def faults_of(folder: Path, network: Network) -> list[IntakeFault]:
    with pytest.raises(IntakeError) as error:
        read_measures(folder, network)
    return list(error.value.faults)


def test_lists_and_hours_of_a_cell_become_values(network: Network) -> None:
    rules = read_measures(DEMO, network)
    red = next(rule for rule in rules.window_limits if rule.measure_id == "windows-red")
    assert red.hours == (HourRun(420, 540), HourRun(1020, 1140))
    assert red.grades == ("B", "C", "D")
    assert red.sectors == ()


def test_the_cap_falls_as_the_level_rises(network: Network) -> None:
    rules = read_measures(DEMO, network)
    cuts = {rule.levels[0].severity: rule.cut_percent for rule in rules.trip_caps}
    assert [cuts[severity] for severity in sorted(cuts)] == [10, 20, 30, 50]


def test_faults_of_all_instruments_are_told_at_once(tmp_path: Path, network: Network) -> None:
    """An unknown level, an hour past midnight, a share above the whole, a zone of no network."""
    changed(tmp_path, DEMO, "trip_caps.csv", "trips-blue,blue,", "trips-blue,green,")
    changed(tmp_path, DEMO, "emission_bars.csv", "00:00-06:00", "00:00-25:00")
    changed(tmp_path, DEMO, "output_cuts.csv", "cement-b-orange,orange,cement,B,20",
            "cement-b-orange,orange,cement,B,101")  # fmt: skip
    folder = changed(tmp_path, DEMO, "zone_caps.csv", "assumed,anshan,360", "assumed,anshun,360")
    found = {(f.file, f.column, f.value) for f in faults_of(folder, network)}
    assert found == {
        ("trip_caps.csv", "levels", "green"),
        ("emission_bars.csv", "hours", "00:00-25:00"),
        ("output_cuts.csv", "cut_percent", "101"),
        ("zone_caps.csv", "zones", "anshun"),
    }


def test_an_id_is_used_once_over_all_files(tmp_path: Path, network: Network) -> None:
    folder = changed(tmp_path, DEMO, "output_cuts.csv", "\nothers-d,", "\ntrips-red,")
    assert {(f.file, f.value) for f in faults_of(folder, network)} == {
        ("trip_caps.csv", "trips-red"),
        ("output_cuts.csv", "trips-red"),
    }


def test_a_bar_that_says_no_place_is_told_with_its_row(tmp_path: Path, network: Network) -> None:
    folder = changed(tmp_path, DEMO, "emission_bars.csv", ",road,,expressway;expressway_wide,",
                     ",road,,,")  # fmt: skip
    (fault,) = faults_of(folder, network)
    assert "zones go with at = zone" in fault.message
    assert fault.row is not None


def test_a_forecast_without_values_in_its_hours_is_refused(tmp_path: Path) -> None:
    folder = changed(tmp_path, LIAONING / "air", "forecasts.csv",
                     "2015-11-06T00:00+08:00,2015-11-11T00:00+08:00",
                     "2016-11-06T00:00+08:00,2016-11-11T00:00+08:00")  # fmt: skip
    with pytest.raises(IntakeError, match="has no value between"):
        read_forecasts(folder)


def test_a_blank_hour_is_no_value_and_a_negative_one_a_fault(tmp_path: Path) -> None:
    (forecast,) = read_forecasts(LIAONING / "air")
    assert sum(value.pm25_ug_m3 is None for value in forecast.values) == 16
    hour = "2015-11-08T17:00+08:00,US_Post,"
    folder = changed(tmp_path, LIAONING / "air", "shenyang_pm25.csv", hour, f"{hour}-")
    with pytest.raises(IntakeError, match="below the least allowed, 0"):
        read_forecasts(folder)


def test_background_never_passes_its_peak_and_reaches_it() -> None:
    conditions = read_conditions(LIAONING / "network")
    shares = [conditions.background_percent("town_street", hour) for hour in range(24)]
    assert max(part * 100 // whole for part, whole in shares) == 60
    assert conditions.assumed("low_visibility_capacity_percent") < 100
