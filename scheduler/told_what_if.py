"""Scenarios side by side as tables that an office opens, and as a picture.

The picture is plain SVG: for every stage a bar a scenario, and last who gains and who loses.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from scheduler.domain.scenario import Scenario
from scheduler.domain.schedule import StageRow
from scheduler.domain.what_if import Outcome, WhatIf
from scheduler.export import Cell, Table
from scheduler.texts import Language, said
from scheduler.what_if import AS_DECLARED
from solver.instance import StageName

UTRIP = 1_000_000
STAGES = ("scenario", "stage", "unit", "value", "proved_bound", "beside_as_declared")
ENTERPRISES = (
    "scenario",
    "plant",
    "enterprise",
    "name_zh",
    "name_en",
    "fares",
    "free",
    "safety_missing_min",
    "made_trips",
    "lost_trips",
    "trips",
    "open_minutes",
)
SHOWN: tuple[StageName, ...] = (
    "safety_shortfall",
    "output_shortfall",
    "changed_departures",
    "exposure",
)
WIDTH, LEFT, RIGHT, BAR, GAP, TITLE = 960, 200, 220, 18, 6, 26
INK, SOFT, DECLARED, OTHER = "#17202a", "#51606e", "#8b98a5", "#1f5f99"
FARES = (("gains", "#2c6e49"), ("same", "#d5dce2"), ("loses", "#8a1c4a"))


def named(scenario: Scenario, language: Language) -> str:
    """A scenario's name; the first one's in the reader's language."""
    return said("what_if.declared", language) if scenario.name == AS_DECLARED else scenario.name


def differs(scenario: Scenario, language: Language) -> str:
    """What a scenario supposes, in words."""
    parts = []
    if scenario.level is not None:
        level = said(f"level.{scenario.level}", language)
        parts.append(said("what_if.level", language, level=level))
    if scenario.cut_percent is not None:
        parts.append(said("what_if.cut", language, percent=scenario.cut_percent))
    if scenario.shut_hours is not None:
        hours = ", ".join(run.told() for run in scenario.shut_hours) or "-"
        parts.append(said("what_if.hours", language, hours=hours))
    if scenario.closed:
        roads = ", ".join(road.link for road in scenario.closed)
        parts.append(said("what_if.closed", language, roads=roads))
    return "; ".join(parts) if parts else said("what_if.as_declared", language)


def beside(row: StageRow, found: WhatIf) -> int | None:
    """What a stage costs more than as declared; None while that is not planned."""
    base = next((o for o in found.outcomes if o.scenario.name == AS_DECLARED), None)
    then = next((s.value for s in base.stages if s.name == row.name), None) if base else None
    return None if then is None else row.value - then


def tables_of(found: WhatIf) -> tuple[Table, Table]:
    """Stages and enterprises, a row each for every scenario that is planned."""
    return (
        Table("stages", STAGES, tuple(_stage_rows(found))),
        Table("enterprises", ENTERPRISES, tuple(_plant_rows(found))),
    )


def csv_of(table: Table) -> str:
    """A table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.headings)
    writer.writerows(table.rows)
    return text.getvalue()


def _stage_rows(found: WhatIf) -> Iterator[tuple[Cell, ...]]:
    for outcome in found.outcomes:
        for row in outcome.stages:
            more = beside(row, found)
            told = (outcome.scenario.name, row.name, row.unit, row.value, row.bound)
            yield (*told, "" if more is None else more)


def _plant_rows(found: WhatIf) -> Iterator[tuple[Cell, ...]]:
    for outcome in found.outcomes:
        for row in outcome.plants:
            card = found.card(row.plant)
            yield (
                outcome.scenario.name,
                row.plant,
                card.enterprise,
                card.name_zh,
                card.name_en,
                row.fares,
                int(row.free),
                row.safety_missing,
                round(row.made_utrip / UTRIP, 1),
                round(row.lost_utrip / UTRIP, 1),
                row.trips,
                row.open_minutes,
            )


class _Bar(NamedTuple):
    label: str
    parts: tuple[tuple[int, str], ...]
    told: str


def picture_of(found: WhatIf, language: Language) -> str:
    """The scenarios that are planned, as an SVG picture."""
    groups = list(_groups(found, language))
    height = sum(TITLE + len(bars) * (BAR + GAP) + GAP for _, bars in groups)
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "width": str(WIDTH),
            "height": str(height),
            "role": "img",
            "font-family": "system-ui, 'Noto Sans CJK SC', sans-serif",
        },
    )
    ElementTree.SubElement(root, "title").text = said("what_if.picture", language)
    top = 0
    for title, bars in groups:
        _text(root, 0, top + TITLE - 8, title, weight="600")
        top += TITLE
        longest = max((sum(n for n, _ in bar.parts) for bar in bars), default=0)
        for bar in bars:
            _draw(root, bar, top, longest)
            top += BAR + GAP
        top += GAP
    return ElementTree.tostring(root, encoding="unicode")


def _groups(found: WhatIf, language: Language) -> Iterator[tuple[str, list[_Bar]]]:
    for stage in SHOWN:
        bars = [_stage_bar(o, row, language) for o in found.outcomes for row in o.stages
                if row.name == stage]  # fmt: skip
        if any(n for bar in bars for n, _ in bar.parts):
            yield said(f"what_if.stage.{stage}", language), bars
    others = [o for o in found.outcomes if o.scenario.name != AS_DECLARED]
    if others and len(others) < len(found.outcomes):
        yield said("what_if.fares", language), [_fares_bar(o, language) for o in others]


def _stage_bar(outcome: Outcome, row: StageRow, language: Language) -> _Bar:
    colour = DECLARED if outcome.scenario.name == AS_DECLARED else OTHER
    shown = row.value // row.unit_value if row.name == "output_shortfall" else row.value
    return _Bar(named(outcome.scenario, language), ((row.value, colour),), f"{shown:,}")


def _fares_bar(outcome: Outcome, language: Language) -> _Bar:
    counts = [(sum(r.fares == fares for r in outcome.plants), c) for fares, c in FARES]
    gaining, same, losing = (n for n, _ in counts)
    told = said("what_if.counts", language, gaining=gaining, same=same, losing=losing)
    return _Bar(named(outcome.scenario, language), tuple(counts), told)


def _draw(root: ElementTree.Element, bar: _Bar, top: int, longest: int) -> None:
    _text(root, LEFT - 8, top + BAR - 5, _short(bar.label), anchor="end")
    left = LEFT
    for amount, colour in bar.parts:
        wide = amount * (WIDTH - LEFT - RIGHT) // max(1, longest)
        box = {"x": str(left), "y": str(top), "width": str(wide), "height": str(BAR)}
        ElementTree.SubElement(root, "rect", {**box, "fill": colour})
        left += wide
    _text(root, left + 6, top + BAR - 5, bar.told, fill=SOFT)


def _short(label: str, most: int = 28) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"


def _text(
    root: ElementTree.Element,
    x: int,
    y: int,
    told: str,
    *,
    anchor: str = "start",
    weight: str = "400",
    fill: str = INK,
) -> None:
    place = {"x": str(x), "y": str(y), "text-anchor": anchor, "font-weight": weight}
    element = ElementTree.SubElement(root, "text", {**place, "font-size": "12", "fill": fill})
    element.text = told
