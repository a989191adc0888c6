"""Tests that the registry is read whole or not at all, with every fault of every table told."""

import shutil
from pathlib import Path

import pytest

from scheduler.domain.enterprise import Stream
from scheduler.domain.row import columns_of
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.registry import REGISTRY_TABLES, read_registry

LIAONING = Path(__file__).parents[2] / "fixtures" / "liaoning" / "registry"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LIAONING, tmp_path / "registry"))


def replace(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}.csv"
    path.write_text(text.replace(old, new), encoding="utf-8")


def faults(folder: Path) -> list[IntakeFault]:
    with pytest.raises(IntakeError) as error:
        read_registry(folder)
    return list(error.value.faults)


def test_the_case_is_read_in_the_order_of_its_keys() -> None:
    registry = read_registry(LIAONING)
    ids = [stream.stream_id for stream in registry.streams]
    assert ids == sorted(ids)
    assert registry.plant_by_id["angang-anshan"].capacity_kt_y == 20650
    assert registry.grade_by_plant["angang-coking"] == "B"
    assert {len(shares) for shares in registry.profile_permille.values()} == {24}


def test_faults_of_several_tables_are_told_at_once(folder: Path) -> None:
    """A word for a number in one table, an unknown operating state in another, a third one gone."""
    replace(folder, "gates", "angang-anshan.gate-in,angang-anshan,2", "g,angang-anshan,two")
    replace(folder, "plants", "mothballed,", "asleep,")
    (folder / "goods.csv").unlink()
    found = [(f.file, f.column, f.value) for f in faults(folder)]
    assert found == [
        ("goods.csv", None, ""),
        ("plants.csv", "operating_state", "asleep"),
        ("gates.csv", "lanes", "two"),
    ]


def test_a_reference_to_nothing_is_told_with_the_table_that_lacks_it(folder: Path) -> None:
    replace(folder, "streams", "round_clock,mine-hongyang,plant,angang-anshan.gate-in",
            "all_day,mine-nowhere,plant,angang-anshan.gate-in")  # fmt: skip
    found = faults(folder)
    assert [(f.column, f.value) for f in found] == [
        ("profile", "all_day"),
        ("far_place", "mine-nowhere"),
    ]
    assert "hour_profiles.csv" in found[0].message


def test_a_stream_may_not_use_the_gate_of_another_plant(folder: Path) -> None:
    replace(folder, "streams", "mine-hongyang,plant,angang-anshan.gate-in",
            "mine-hongyang,plant,angang-coking.gate")  # fmt: skip
    (fault,) = faults(folder)
    assert (fault.column, fault.value) == ("gate_id", "angang-coking.gate")
    assert "angang-coking" in fault.message and "angang-anshan" in fault.message


def test_a_row_given_twice_is_told_at_both_rows(folder: Path) -> None:
    path = folder / "goods.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")
    assert [f.row for f in faults(folder)] == [2, len(lines) + 1]


def test_a_plant_without_a_grade_and_a_class_without_a_factor_are_told(folder: Path) -> None:
    replace(folder, "grades", "angang,coking,B", "angang,chemicals,B")
    replace(folder, "emission_factors", "train6-gas5,pm25", "train6-gas5,nox")
    assert {f.file for f in faults(folder)} == {"emission_factors.csv", "plants.csv",
                                                "vehicle_classes.csv"}  # fmt: skip


def test_a_profile_that_misses_a_thousandth_is_refused(folder: Path) -> None:
    replace(folder, "hour_profiles", "daytime,0,10", "daytime,0,9")
    (fault,) = faults(folder)
    assert "24 hours with 999 thousandths" in fault.message


def test_every_column_says_what_it_means() -> None:
    for form in REGISTRY_TABLES.values():
        for column in columns_of(form.row_type):
            assert column.meaning, f"{form.row_type.__name__}.{column.name}"


def test_columns_are_data() -> None:
    """Type, values, default and whether a column is required come from the row type."""
    column = {column.name: column for column in columns_of(Stream)}["starts_at"]
    assert (column.type, column.default, column.required) == ("plant | far", None, True)
