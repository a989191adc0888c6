"""Tests that the written tables say what the schedule says, in Shanghai's time."""

import csv
from pathlib import Path

from openpyxl import load_workbook

from scheduler.export import tables_of, write_csv, write_xlsx
from tests.scheduler.case import scheduled, worked_plan


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
        *("P-works", "P", "P厂", "G"),
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


def test_only_the_published_stretch_is_written() -> None:
    schedule = scheduled(*worked_plan(), published_slots=1)
    named = {table.name: table.rows for table in tables_of(schedule)}
    assert (named["windows"], named["trips"]) == ((), ())
