"""Tests that the demo's tables speak English where there is any."""

from io import StringIO

from rich.console import Console

from scheduler.cli.show import show_schedule, show_statement
from scheduler.wording import Words
from tests.scheduler.case import scheduled, statement, worked_plan
from tests.scheduler.test_export import cause


def test_clauses_and_roads_are_told_in_english_and_plants_in_both_languages() -> None:
    schedule = scheduled(*worked_plan())
    load, plant = schedule.busiest_links[0], schedule.plants[0]
    short = plant.model_copy(update={"causes": (cause("P", "方案 第4条"),)})
    schedule = schedule.model_copy(update={"plants": (short, *schedule.plants[1:])})
    words = Words({load.where: ("中山路", "Zhongshan Road")}, {"方案 第4条": "plan, article 4"})
    out = StringIO()
    show_schedule(Console(file=out, width=200), schedule, words.name_of("en"))
    told = out.getvalue()
    for part in (
        "P厂 P works",
        "plan, article 4 08:00-12:00",
        f"Zhongshan Road [{load.where}]",
        "Not working (1): C厂 C works.",
        "Exempt (1): X厂 X works.",
    ):
        assert part in told, part
    assert "第4条" not in told and "中山路" not in told


def test_who_declares_and_the_document_are_told_in_english_where_they_have_any() -> None:
    chinese = {"declared_by": "沈阳市人民政府", "document_number": "沈政〔2026〕1号"}
    named = {"declared_by_en": "Shenyang's government"}
    said = statement().model_copy(update={**chinese, **named})
    out = StringIO()
    show_statement(Console(file=out, width=200), said)
    assert out.getvalue().splitlines()[:2] == [
        "Declared red for shenyang",
        "  from 2026-01-05 08:00, end open; Shenyang's government, 沈政〔2026〕1号",
    ]
