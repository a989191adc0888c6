"""Tests that files are read as people make them with Excel: Chinese headers, full-width figures,
merged cells, dates as text, other encodings, workbooks."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import openpyxl
import pytest
from pydantic import Field

from scheduler.domain.enterprise import Stock
from scheduler.domain.instant import Minute
from scheduler.domain.row import Id, Row, Text
from scheduler.errors import IntakeError
from scheduler.intake.sheet import read_workbook
from scheduler.intake.table import Table, read_table, table_of


class Arrival(Row):
    stock_id: Annotated[Id, Field(description="an id")]
    direction: Annotated[Literal["in", "out"], Field(description="in or out")]
    now_kg: Annotated[int | None, Field(ge=0, description="kg in hand")] = None
    at: Annotated[Minute | None, Field(description="when")] = None
    day: Annotated[date | None, Field(description="the day")] = None
    directed: bool | None = None
    name_zh: Text | None = None


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> Table[Arrival]:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    return read_table(path, Arrival)


def one(tmp_path: Path, text: str, encoding: str = "utf-8") -> Arrival:
    table = read(tmp_path, text, encoding)
    assert table.faults == []
    (row,) = table.rows.values()
    return row


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_chinese_headers_words_and_encodings(tmp_path: Path, encoding: str) -> None:
    row = one(tmp_path, "库存编号*,方向,单向,中文名称\nA1,运出,是,鞍钢（本部）\n", encoding)
    assert row == Arrival(stock_id="A1", direction="out", directed=True, name_zh="鞍钢（本部）")


def test_tabs_as_excel_saves_unicode_text(tmp_path: Path) -> None:
    assert one(tmp_path, "stock_id\tdirection\nA1\tin\n", "utf-16").direction == "in"


@pytest.mark.parametrize(
    ("cell", "kg"),
    [("１２３４", 1234), ('"1,234"', 1234), ("1234.0", 1234), (" 1234　", 1234), ("０", 0)],
)
def test_figures_as_people_type_them(tmp_path: Path, cell: str, kg: int) -> None:
    assert one(tmp_path, f"stock_id,direction,now_kg\nＡ１,IN,{cell}\n").now_kg == kg


def test_full_width_ids_are_the_same_ids(tmp_path: Path) -> None:
    assert one(tmp_path, "stock_id,direction\nＡ－１．２,进\n").stock_id == "A-1.2"


@pytest.mark.parametrize("cell", ["12 t", '"1,23"', "1.5", "一百", "-1", "1e400"])
def test_figures_that_are_none_stay_faults(tmp_path: Path, cell: str) -> None:
    (fault,) = read(tmp_path, f"stock_id,direction,now_kg\nA,in,{cell}\n").faults
    assert (fault.column, fault.value) == ("now_kg", cell.strip('"'))


@pytest.mark.parametrize(
    "cell",
    [
        "2026-01-05 08:30", "2026/1/5 8:30", "2026.1.5 8:30", "2026年1月5日 8:30",
        "2026年1月5日8时30分", "２０２６／１／５ ８：３０", "2026-01-05T00:30:00Z",
        "2026-01-05T08:30:00+08:00", "46027.354166666664",
    ],
)  # fmt: skip
def test_moments_as_text_are_shanghais(tmp_path: Path, cell: str) -> None:
    row = one(tmp_path, f"stock_id,direction,at\nA,in,{cell}\n")
    assert row.at == datetime(2026, 1, 5, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["2026-01-05", "20260105", "2026/1/5", "2026年1月5日", "46027"])
def test_dates_as_text(tmp_path: Path, cell: str) -> None:
    assert one(tmp_path, f"stock_id,direction,day\nA,in,{cell}\n").day == date(2026, 1, 5)


@pytest.mark.parametrize("cell", ["5", "1月5日", "5/1/26", "tomorrow", "2026-13-45"])
def test_dates_that_leave_something_open_are_faults(tmp_path: Path, cell: str) -> None:
    (fault,) = read(tmp_path, f"stock_id,direction,day\nA,in,{cell}\n").faults
    assert (fault.column, fault.value) == ("day", cell)


def test_a_title_and_blank_rows_do_no_harm_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    table = read(tmp_path, "库存登记表,,\n,,\n库存编号,方向,备注\n,,\nA,进,x\n\nB,运进,y\n,,\n")
    assert table.faults == []
    assert {n: row.stock_id for n, row in table.rows.items()} == {5: "A", 7: "B"}


def test_a_header_of_merged_cells_over_two_rows(tmp_path: Path) -> None:
    """Merged downwards the name stands above, merged across the groups' names do."""
    row = one(tmp_path, "库存编号,运输,\n,方向,时间\nA,进,2026-01-05\n".replace("时间", "at"))
    assert (row.stock_id, row.direction, row.at) == (
        "A",
        "in",
        datetime(2026, 1, 4, 16, tzinfo=UTC),
    )


def test_a_column_may_say_its_unit_and_no_other(tmp_path: Path) -> None:
    told = "stock_id,direction,现有库存（{}）\nA,in,5\n"
    path = tmp_path / "t.csv"
    for unit in ("千克", "kg", "公斤"):
        path.write_text(told.format(unit), encoding="utf-8")
        assert "now_kg" in read_table(path, Stock).written
    path.write_text(told.format("吨"), encoding="utf-8")
    (fault,) = [f for f in read_table(path, Stock).faults if f.value == "吨"]
    assert (fault.row, fault.column) == (1, "现有库存（吨）")
    assert (fault.message, fault.message_zh) == ("the column's unit is kg", "该列的单位是千克")


def test_a_column_given_twice_is_a_fault(tmp_path: Path) -> None:
    (fault,) = read(tmp_path, "stock_id,方向,direction\nA,in,out\n").faults
    assert (fault.row, fault.message) == (1, "the header has the column twice")


def test_an_absent_column_is_told_with_its_chinese_name(tmp_path: Path) -> None:
    (fault,) = read(tmp_path, "编号甲,stock_id\n1,A\n").faults
    assert (fault.column, fault.remedy_zh) == ("direction", "请在表头补上“方向”列。")


def test_faults_name_the_files_own_header(tmp_path: Path) -> None:
    (fault,) = read(tmp_path, "库存编号,方向\nA,上\n").faults
    assert fault.said("zh-CN") == (
        "t.csv 第 2 行 方向 列（上）：不是可选的值。请填写以下之一：in（运进）、out（运出）。"
    )


def test_a_workbooks_cells_are_read_as_they_show(tmp_path: Path) -> None:
    """Numbers, dates and truth values as Excel stores them; merged title; rows after a gap."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "库存"
    sheet.append(["库存登记"])
    sheet.merge_cells("A1:E1")
    sheet.append(["库存编号", "方向", "现有库存", "at", "day", "单向"])
    sheet.append([12, "运进", 5.0, datetime(2026, 1, 5, 8, 30), date(2026, 1, 5), True])  # noqa: DTZ001
    sheet["A6"], sheet["B6"] = "B", "运出"
    book.save(tmp_path / "b.xlsx")
    (found,) = read_workbook(tmp_path / "b.xlsx", 10**6)
    table = table_of(found, Arrival)
    assert (table.faults, table.sheet) == ([], "库存")
    assert table.rows == {
        3: Arrival(
            stock_id="12",
            direction="in",
            now_kg=5,
            at=datetime(2026, 1, 5, 0, 30, tzinfo=UTC),
            day=date(2026, 1, 5),
            directed=True,
        ),
        6: Arrival(stock_id="B", direction="out"),
    }


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(IntakeError, match="larger than"):
        read_workbook(tmp_path / "b.xlsx", 100)
