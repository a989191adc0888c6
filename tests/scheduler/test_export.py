"""Tests that the written tables say what the schedule says, in Shanghai's time."""

import csv
from pathlib import Path

from openpyxl import load_workbook

from scheduler.domain.schedule import ScheduledCause
from scheduler.export import tables_of, write_csv, write_xlsx
from scheduler.wording import Words
from tests.scheduler.case import at, scheduled, worked_plan


def test_the_workbook_holds_every_table(tmp_path: Path) -> None:
    schedule = scheduled(*worked_plan())
    write_xlsx(schedule, tmp_path / "schedule.xlsx")
    book = load_workbook(tmp_path / "schedule.xlsx")
    assert book.sheetnames == ["windows", "trips", "shortfalls", "roads", "stages", "factors"]
    for table in tables_of(schedule):
        rows = list(book[table.name].iter_rows(values_only=True))
        assert rows[0] == table.headings
        assert len(rows) == 1 + len(table.rows)
    assert list(book["windows"].values)[1] == (
        *("P-works", "P", "P厂", "P works", "G"),
        *("2026-01-05 08:30", "2026-01-05 10:00"),
    )


def test_the_csv_files_open_as_utf_8_in_excel(tmp_path: Path) -> None:
    files = write_csv(scheduled(*worked_plan()), tmp_path / "csv")
    trips = next(path for path in files if path.name == "trips.csv")
    assert trips.read_bytes().startswith(b"\xef\xbb\xbf")
    with trips.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[5:] for row in rows[1:]] == [
        ["2026-01-05 08:30", "2026-01-05 08:30", "2"],
        ["2026-01-05 09:00", "2026-01-05 09:00", "1"],
    ]


def cause(where: str, clause: str) -> ScheduledCause:
    return ScheduledCause(
        number=1,
        law="trip_cap",
        where=where,
        clause=clause,
        from_instant=at("08:00"),
        to_instant=at("12:00"),
        relief=1,
        unit="trip / 1000000",
        proved=True,
    )


def test_clauses_and_roads_stand_in_chinese_with_the_english_beside_it() -> None:
    schedule = scheduled(*worked_plan())
    load, plant = schedule.busiest_links[0], schedule.plants[0]
    causes = (cause("P", "方案 第4条"), cause(load.where, ""))
    short = plant.model_copy(update={"causes": causes})
    schedule = schedule.model_copy(update={"plants": (short, *schedule.plants[1:])})
    words = Words({load.where: ("中山路", "Zhongshan Road")}, {"方案 第4条": "plan, article 4"})
    named = {table.name: table for table in tables_of(schedule, words)}
    assert all(len(row) == len(table.headings) for table in named.values() for row in table.rows)
    assert [row[7:9] for row in named["shortfalls"].rows] == [
        ("方案 第4条", "plan, article 4"),
        (f"中山路 [{load.where}]", f"Zhongshan Road [{load.where}]"),
    ]
    assert named["roads"].rows[0][:4] == ("link", load.where, "中山路", "Zhongshan Road")
    unnamed = {table.name: table.rows for table in tables_of(schedule)}
    assert unnamed["roads"][0][:4] == ("link", load.where, "", "")


def test_only_the_published_stretch_is_written() -> None:
    schedule = scheduled(*worked_plan(), published_slots=1)
    named = {table.name: table.rows for table in tables_of(schedule)}
    assert (named["windows"], named["trips"]) == ((), ())
