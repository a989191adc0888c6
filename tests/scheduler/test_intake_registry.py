"""Tests that the registry is read whole or not at all, with every fault of every table told."""

import csv
import shutil
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from scheduler.domain.enterprise import Place, Stream
from scheduler.domain.row import columns_of
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.columns import header_zh
from scheduler.intake.datums import Position, bd09_of_gcj02, gcj02_of_wgs84
from scheduler.intake.registry import read_registry
from scheduler.intake.registry_forms import REGISTRY_TABLES
from scheduler.texts import LANGUAGES, Language, said

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
    assert "hour_profiles" in found[0].message
    assert "时段分布" in found[0].message_zh


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


def test_a_pollutant_without_a_correction_is_told(folder: Path) -> None:
    path = folder / "emission_corrections.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(x for x in lines if not x.startswith("nox,hot")), encoding="utf-8")
    (fault,) = faults(folder)
    assert (fault.file, fault.value) == ("pollutants.csv", "nox")
    assert "no correction of it for hot" in fault.message


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
    assert (column.type, column.choices) == ("choice", ("plant", "far"))
    assert (column.default, column.required) == (None, True)


def workbook(folder: Path, path: Path, language: Language) -> Path:
    """The folder's tables as sheets of one workbook, with headers and names in a language."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, form in REGISTRY_TABLES.items():
        file = folder / f"{name}.csv"
        if not file.exists():
            continue
        sheet = book.create_sheet(said(f"table.{name}", language))
        rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
        for number, cells in enumerate(rows):
            chinese = number == 0 and language == "zh-CN"
            sheet.append([header_zh(form.row_type, c) if chinese else c for c in cells])
            for cell in sheet[number + 1]:
                cell.data_type = "s"
    book.save(path)
    return path


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_workbook_is_the_same_registry(tmp_path: Path, language: Language) -> None:
    assert read_registry(workbook(LIAONING, tmp_path / "r.xlsx", language)) == read_registry(
        LIAONING
    )


def test_a_workbooks_faults_name_the_sheet(folder: Path, tmp_path: Path) -> None:
    replace(folder, "gates", "angang-anshan.gate-in,angang-anshan,2", "g,angang-anshan,0")
    (folder / "goods.csv").unlink()
    with pytest.raises(IntakeError) as error:
        read_registry(workbook(folder, tmp_path / "r.xlsx", "zh-CN"))
    assert [(f.sheet, f.row, f.column) for f in error.value.faults] == [
        ("goods", None, None),
        ("门", 2, "车道数"),
    ]


def test_tables_of_a_folder_may_be_workbooks_with_chinese_names(folder: Path) -> None:
    goods = [line.split(",") for line in (folder / "goods.csv").read_text("utf-8").splitlines()]
    (folder / "goods.csv").unlink()
    book = openpyxl.Workbook()
    for cells in goods:
        book.worksheets[0].append(cells)
    book.save(folder / "物料.xlsx")
    assert len(read_registry(folder).goods) == len(goods) - 1


def test_files_that_are_no_table_or_one_twice_are_told(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "gates.csv", folder / "门.csv")
    shutil.copy(folder / "gates.csv", folder / "gate.csv")
    found = {(f.file, f.message_zh) for f in faults(folder)}
    assert found == {("门.csv", "该表出现了两次"), ("gate.csv", "没有这个名称的表")}
    for path in (tmp_path / "none", LIAONING / "gates.csv"):
        with pytest.raises(IntakeError, match="neither a folder nor"):
            read_registry(path)


def test_good_tables_are_held_against_each_other_though_others_are_bad(folder: Path) -> None:
    """A bad gate hides no unknown good; streams, which name gates, are not blamed for it."""
    replace(folder, "gates", "angang-anshan.gate-in,angang-anshan,2", "g,angang-anshan,0")
    replace(folder, "stocks", "angang-anshan.coal,angang-anshan,coal,",
            "angang-anshan.coal,angang-anshan,coke5,")  # fmt: skip
    assert [(f.file, f.column, f.value) for f in faults(folder)] == [
        ("gates.csv", "lanes", "0"),
        ("stocks.csv", "good", "coke5"),
        ("streams.csv", "good", "coal"),
    ]


def test_a_stock_stands_in_the_recipe_of_the_process_that_it_can_stop(folder: Path) -> None:
    replace(folder, "recipes", "angang-anshan.steel,angang-anshan.coal,75000,0,",
            "angang-coking.coke,angang-anshan.coal,75000,0,")  # fmt: skip
    (fault,) = faults(folder)
    assert (fault.file, fault.column, fault.value) == (
        "stocks.csv",
        "breach_process",
        "angang-anshan.steel",
    )


@pytest.mark.parametrize(
    ("lat", "lon"), [("122.983054", "41.148267"), ("40.308494", "122.130790"), ("41.9", "122.98")]
)
def test_a_point_outside_its_city_is_a_fault(folder: Path, lat: str, lon: str) -> None:
    """Latitude and longitude swapped, a place of Yingkou, and one of Shenyang; not Anshan's."""
    replace(folder, "places", "立山,41.148267,122.983054", f"立山,{lat},{lon}")
    (fault,) = faults(folder)
    assert (fault.file, fault.column) == ("places.csv", "lat")
    assert fault.message_zh in ("该点不在“鞍山”的范围内", "大于允许的最大值 90.0")


def test_coordinates_of_map_services_are_stored_as_wgs84(folder: Path) -> None:
    """The same plant given in three datums lies within a metre of itself."""
    here = Position(41.148267, 122.983054)
    gcj02 = gcj02_of_wgs84(here)
    path = folder / "places.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    for datum, at in (("火星坐标", gcj02), ("BD09", bd09_of_gcj02(gcj02)), ("", here)):
        told = [lines[0] + ",坐标系"]
        for line in lines[1:]:
            moved = line.replace("41.148267,122.983054", f"{at.lat:.6f},{at.lon:.6f}")
            told.append(f"{moved},{datum if line.startswith('angang-anshan,') else ''}")
        path.write_text("\n".join(told) + "\n", encoding="utf-8")
        place = read_registry(folder).place_by_id["angang-anshan"]
        assert type(place) is Place
        assert (place.lat, place.lon) == pytest.approx(here, abs=1e-5)


def test_a_map_services_datum_outside_china_is_a_fault(folder: Path) -> None:
    replace(folder, "places", "41.148267,122.983054", "0.5,122.983054")
    path = folder / "places.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([f"{lines[0]},datum", *(f"{x},gcj02" for x in lines[1:])]), "utf-8")
    assert [f.value for f in faults(folder) if "inside China" in f.message] == ["0.5, 122.983054"]


def test_tonnes_for_kilograms_are_noticed(folder: Path) -> None:
    """A load of 32 t given as 32 kg does not fit the trips and the need of the day."""
    replace(folder, "streams", "train6,32000,13700000,429,", "train6,32,13700000,429,")
    (fault,) = faults(folder)
    assert (fault.file, fault.row, fault.column) == ("streams.csv", 3, None)
    assert "429 trips of 32 kg" in fault.message and "单位" in fault.remedy_zh


def test_consignments_and_a_plants_own_end_are_read(folder: Path) -> None:
    (folder / "到发批次.csv").write_text(
        "批次编号,库存编号,运输方式,方向,时间,数量（千克）,数据来源,数据性质\n"
        "c1,angang-anshan.iron_ore,船舶,运进,2015年11月6日 8:30,30000000,港口计划,引用\n",
        encoding="gbk",
    )
    path = folder / "stocks.csv"
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    told = [
        f"{first},期末最低库存（公斤）",
        f"{rest[0]},30000000",
        *(f"{row}," for row in rest[1:]),
    ]
    path.write_text("\n".join(told) + "\n", encoding="utf-8")
    registry = read_registry(folder)
    (ship,) = registry.consignments
    assert (ship.mode, ship.kg, ship.at.isoformat()) == (
        "ship",
        30_000_000,
        "2015-11-06T00:30:00+00:00",
    )
    assert [s.end_min_kg for s in registry.stocks if s.end_min_kg is not None] == [30_000_000]
    path.write_text(path.read_text("utf-8").replace(",30000000", ",999999999"), encoding="utf-8")
    (fault,) = faults(folder)
    assert "期末库存" in fault.message_zh


def test_filings_are_read_and_their_faults_told(folder: Path) -> None:
    path = folder / "filings.csv"
    header = "filing_id,plant_id,kind,document,filed_at,starts_at,ends_at,source,status"
    usual = (
        "f1,angang-anshan,应急,鞍重污〔2015〕3号,2015/11/6 15:00,2015/11/6 18:00,{end},t,assumed"
    )
    path.write_text(f"{header}\n{usual.format(end='2015-11-07 06:00')}\n", encoding="utf-8")
    (filing,) = read_registry(folder).filings
    assert (filing.plant_id, filing.kind) == ("angang-anshan", "emergency")
    assert filing.ends_at == datetime.fromisoformat("2015-11-07T06:00:00+08:00")
    bad = [
        usual.format(end="2015-11-06 15:00"),
        usual.replace("f1", "f2").replace("angang-anshan", "nowhere").format(end="2015-11-07"),
    ]
    path.write_text("\n".join([header, *bad]) + "\n", encoding="utf-8")
    with pytest.raises(IntakeError) as caught:
        read_registry(folder)
    assert {(f.row, f.column) for f in caught.value.faults} >= {(2, None), (3, "plant_id")}
