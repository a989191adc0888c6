"""Tests that a CSV file is read into checked rows and that all its faults are told at once."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.table import read_table


class Row(BaseModel):
    name: str = Field(description="a name")
    tons: int = Field(ge=0, description="whole tonnes, 0 or more")
    note: str | None = None


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_keep_their_spreadsheet_numbers_and_empty_optional_cells_are_none(
    tmp_path: Path,
) -> None:
    """A byte-order mark, blanks around values and columns of others do no harm."""
    path = written(tmp_path / "t.csv", "\ufeffname,tons,note,extra\n 鞍钢 ,0,,x\nB,7,hm,y\n")
    table = read_table(path, Row)
    assert table.faults == []
    assert table.rows == {2: Row(name="鞍钢", tons=0), 3: Row(name="B", tons=7, note="hm")}


def test_every_fault_is_told_with_its_place_and_remedy(tmp_path: Path) -> None:
    """One unit below the least, a word for a number, an empty cell: three faults, one good row."""
    path = written(tmp_path / "t.csv", "name,tons\nA,-1\nB,many\n,3\nD,0\n")
    table = read_table(path, Row)
    assert list(table.rows) == [5]
    assert [(f.row, f.column, f.value) for f in table.faults] == [
        (2, "tons", "-1"),
        (3, "tons", "many"),
        (4, "name", ""),
    ]
    assert table.faults[0].remedy == "Give whole tonnes, 0 or more."
    assert table.faults[2].message == "the cell is empty"
    assert [f.message_zh for f in table.faults] == ["小于允许的最小值 0", "不是整数", "未填写"]


def test_a_missing_column_is_one_fault_not_one_per_row(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "name\nA\nB\n")
    assert [(f.row, f.column) for f in read_table(path, Row).faults] == [(1, "tons")]


@pytest.mark.parametrize("line", ["A,1,,9", "A"])
def test_a_ragged_row_is_refused(tmp_path: Path, line: str) -> None:
    path = written(tmp_path / "t.csv", f"name,tons,note\n{line}\n")
    (fault,) = read_table(path, Row).faults
    assert (fault.row, fault.column) == (2, None)


def test_files_that_cannot_be_read_are_faults_of_the_whole_file(tmp_path: Path) -> None:
    """Absent, a picture, a quote that never ends, and without rows."""
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    written(tmp_path / "quote.csv", 'name,tons\n"A,1\n' + "B,2\n" * 50_000)
    written(tmp_path / "empty.csv", "name,tons\n")
    for name, words in (
        ("no.csv", "not there"),
        ("picture.csv", "known encoding"),
        ("quote.csv", "quotes"),
        ("empty.csv", "no rows"),
    ):
        (fault,) = read_table(tmp_path / name, Row).faults
        assert (fault.file, fault.row) == (name, None)
        assert words in fault.message


def test_the_error_prints_every_fault_and_refuses_to_be_empty() -> None:
    english = ("no capacity", "Give PCU/h.")
    fault = IntakeFault("link.csv", 3, "capacity", "0", *english, "没有通行能力", "请填写。")
    assert str(IntakeError([fault, fault])) == "\n".join(
        ["link.csv, row 3, column capacity ('0'): no capacity. Give PCU/h."] * 2
    )
    of_sheet = replace(fault, sheet="路段")
    assert str(of_sheet).startswith("link.csv, sheet 路段, row 3")
    assert (
        of_sheet.said("zh-CN")
        == "link.csv 路段 表 第 3 行 capacity 列（0）：没有通行能力。请填写。"
    )
    with pytest.raises(ValueError, match="at least one"):
        IntakeError([])
