"""Writes a schedule as tables that an office opens: XLSX with one sheet per table, and CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from scheduler import clock
from scheduler.domain.schedule import RoadLoad, Schedule
from scheduler.wording import NO_WORDS, Words

Cell = str | int | float
WIDEST = 60


class Table(NamedTuple):
    """Rows under their headings; `name` is the sheet's title and the file's name."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def tables_of(schedule: Schedule, words: Words = NO_WORDS) -> tuple[Table, ...]:
    """Windows and trips in Shanghai's time, first those that enterprises need. Names and clauses
    stand in Chinese and beside it in English, so that one file serves both readers."""
    return (
        Table("windows", WINDOWS, tuple(_windows(schedule))),
        Table("trips", TRIPS, tuple(_trips(schedule))),
        Table("shortfalls", SHORTFALLS, tuple(_shortfalls(schedule, words))),
        Table("roads", ROADS, tuple(_roads(schedule, words))),
        Table("stages", STAGES, tuple(_stages(schedule))),
        Table("factors", FACTORS, tuple(_factors(schedule))),
    )


def write_xlsx(schedule: Schedule, path: Path, words: Words = NO_WORDS) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for table in tables_of(schedule, words):
        sheet = book.create_sheet(table.name)
        sheet.append(table.headings)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for row in table.rows:
            sheet.append(row)
        sheet.freeze_panes = "A2"
        for number, heading in enumerate(table.headings):
            longest = max((len(str(row[number])) for row in table.rows), default=0)
            width = min(WIDEST, max(longest, 2 * len(heading)) + 2)
            sheet.column_dimensions[get_column_letter(number + 1)].width = width
    book.save(path)


def write_csv(schedule: Schedule, folder: Path, words: Words = NO_WORDS) -> tuple[Path, ...]:
    """One file per table, UTF-8 with the mark that Excel looks for."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in tables_of(schedule, words):
        path = folder / f"{table.name}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(table.headings)
            writer.writerows(table.rows)
        written.append(path)
    return tuple(written)


WINDOWS = (
    "企业 enterprise",
    "厂区 plant",
    "名称 name in Chinese",
    "英文名称 name in English",
    "门岗 gate",
    "开 opens",
    "关 closes",
)
TRIPS = (
    "企业 enterprise",
    "厂区 plant",
    "物料 good",
    "方向 direction",
    "车型 vehicle class",
    "发车 starts",
    "过门 first passage",
    "车次 trips",
)
SHORTFALLS = (
    "企业 enterprise",
    "厂区 plant",
    "计划车次 planned trips",
    "平日车次 normal trips",
    "产出缺口 % output lost %",
    "原因序号 cause number",
    "原因 cause",
    "何处 where in Chinese",
    "英文何处 where in English",
    "放宽所减 relief",
    "单位 unit",
    "已证明 proved",
)
ROADS = (
    "类 kind",
    "路段 where",
    "路名 name in Chinese",
    "英文路名 name in English",
    "时刻 at",
    "计划 planned mPCU",
    "背景 background",
    "容量 capacity",
    "%",
)
FACTORS = (
    "车型 vehicle class",
    "污染物 pollutant",
    "原值 given mg/km",
    "重载 laden mg/km",
    "空驶 empty mg/km",
    "修正 corrections",
    "来源 source",
    "状态 status",
)
STAGES = ("目标 stage", "单位 unit", "值 value", "界 bound", "差 gap %", "证明 proof")


def _time(instant: datetime) -> str:
    return f"{clock.local(instant):%Y-%m-%d %H:%M}"


def _windows(schedule: Schedule) -> Iterator[tuple[Cell, ...]]:
    for plant in schedule.plants:
        card = plant.card
        for window in plant.windows:
            if window.opens_at < schedule.published_until:
                span = _time(window.opens_at), _time(window.closes_at)
                names = card.name_zh, card.name_en
                yield (card.enterprise, card.plant, *names, window.gate, *span)


def _trips(schedule: Schedule) -> Iterator[tuple[Cell, ...]]:
    for plant in schedule.plants:
        for row in plant.trips:
            if row.starts_at < schedule.published_until:
                yield (
                    plant.card.enterprise,
                    plant.card.plant,
                    row.good,
                    row.direction,
                    row.vehicle_class,
                    _time(row.starts_at),
                    _time(row.first_passage_at),
                    row.trips,
                )


def _shortfalls(schedule: Schedule, words: Words) -> Iterator[tuple[Cell, ...]]:
    """A row per law of each cause: those of one number were relaxed together."""
    zh, en = words.name_of("zh-CN"), words.name_of("en")
    for plant in schedule.plants:
        counts = (plant.planned_trips, plant.normal_trips, round(plant.output.lost_percent, 2))
        head = (plant.card.enterprise, plant.card.plant, *counts)
        if not plant.causes:
            yield (*head, "", "", "", "", "", "", "")
        for cause in plant.causes:
            where = cause.clause or cause.where
            told = cause.relief, cause.unit, "是 yes" if cause.proved else "否 no"
            yield (*head, cause.number, cause.law, zh(where), en(where), *told)


def _roads(schedule: Schedule, words: Words) -> Iterator[tuple[Cell, ...]]:
    kinds: tuple[tuple[str, tuple[RoadLoad, ...]], ...] = (
        ("link", schedule.busiest_links),
        ("zone", schedule.busiest_zones),
        ("link, bunched", schedule.bunched_links),
    )
    for kind, loads in kinds:
        for load in loads:
            mpcu = load.planned_mpcu, load.background_mpcu, load.capacity_mpcu
            names = words.roads.get(load.where, ("", ""))
            yield (kind, load.where, *names, _time(load.at), *mpcu, round(load.percent, 1))


def _stages(schedule: Schedule) -> Iterator[tuple[Cell, ...]]:
    for stage in schedule.stages:
        gap = round(100 * stage.gap, 3)
        yield (stage.name, stage.unit, stage.value, stage.bound, gap, stage.proof)


def _factors(schedule: Schedule) -> Iterator[tuple[Cell, ...]]:
    for row in schedule.factors:
        corrected = "; ".join(f"{c.condition} {c.permille / 1000:.3f}" for c in row.corrections)
        mg_km = row.given_mg_km, row.laden_mg_km, row.empty_mg_km
        yield (row.vehicle_class, row.pollutant, *mg_km, corrected, row.source, row.status)
