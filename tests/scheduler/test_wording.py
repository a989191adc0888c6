"""Tests that clauses and roads are told in the language of who reads, or in Chinese where that is
all there is."""

import shutil
from pathlib import Path

from typer.testing import CliRunner

from scheduler import alerts, datasets
from scheduler.cli import app
from scheduler.domain.alert import Area, Level, Statement
from scheduler.domain.conditions import RoadConditions
from scheduler.domain.network import Link, Network, Node
from scheduler.store.database import Database
from scheduler.wording import english_of, names_in
from tests.scheduler.case import KNOWN, put_measures
from tests.scheduler.living_case import whole_case


def road(id: str, name: str | None, name_en: str | None) -> Link:
    return Link(
        link_id=id,
        name=name,
        name_en=name_en,
        from_node_id="a",
        to_node_id="b",
        length_m=1,
        free_speed_kmh=60,
        lanes=1,
        capacity_mpcu_h=1000,
    )


def test_a_road_and_a_clause_are_told_in_either_language(database: Database) -> None:
    links = (
        road("x", "中山路", "Zhongshan Road"),
        road("y", "海港路", None),
        road("z", None, None),
    )
    network = Network(name="case", nodes=(Node(node_id="a"), Node(node_id="b")), links=links)
    with database.writing() as session:
        assert names_in(session, "en")("x") == "x", "nothing is loaded"
        put_measures(session)
        datasets.load(session, "network", "case", network, KNOWN)
    with database.reading() as session:
        english, chinese = names_in(session, "en"), names_in(session, "zh-CN")
    assert [english(id) for id in "xyz"] == ["Zhongshan Road [x]", "海港路 [y]", "z"]
    assert [chinese(id) for id in "xyz"] == ["中山路 [x]", "海港路 [y]", "z"]
    assert (english("art. 1"), chinese("art. 1")) == ("article one: windows", "art. 1")
    assert english("art. 2") == "art. 2", "no translation"


def test_the_order_that_closes_a_road_is_told_in_english_where_it_has_any(
    tmp_path: Path, sqlite_tables: Path
) -> None:
    url = f"sqlite:///{shutil.copy(sqlite_tables, tmp_path / 'closed.sqlite')}"
    database = Database(url)
    network = Network(
        name="case",
        nodes=(Node(node_id="a"), Node(node_id="b")),
        links=(road("x", "中山路", None), road("y", None, None)),
    )
    with database.writing() as session:
        put_measures(session)
        datasets.load(session, "network", "case", network, KNOWN)
        nothing = RoadConditions(figures=(), background=(), hour_weights=(), assumptions=())
        datasets.load(session, "conditions", "case", nothing, KNOWN)
    span = ("--from", "2026-01-05T08:00", "--source", "highway office")
    for link, *clause in (
        ("x", "--clause", "大雾封闭", "--clause-en", "closed for fog"),
        ("y", "--clause", "桥梁检修"),
    ):
        done = CliRunner().invoke(
            app, ["record", "close-road", link, *span, *clause], env={"CUOFENG_DATABASE_URL": url}
        )
        assert done.exit_code == 0, done.stderr
    with database.reading() as session:
        english, chinese = names_in(session, "en"), names_in(session, "zh-CN")
    database.close()
    assert (english("大雾封闭"), chinese("大雾封闭")) == ("closed for fog", "大雾封闭")
    assert english("桥梁检修") == "桥梁检修", "no translation"
    assert english("art. 1") == "article one: windows", "the measures' own are told too"


def test_the_document_of_an_alert_is_told_in_english_where_it_has_any(database: Database) -> None:
    area = Area(level=Level.RED, cities=("anshan",))
    with database.writing() as session:
        for alert, document, english in (
            ("a", "辽重污〔2026〕1号", "Liaoning 2026, no. 1"),
            ("b", "2号", ""),
        ):
            told = Statement(
                areas=(area,),
                starts_at=KNOWN.replace(second=0, microsecond=0),
                declared_by="省厅",
                document_number=document,
                document_number_en=english,
            )
            alerts.declare(session, alert, told, KNOWN)
    with database.reading() as session:
        english, chinese = names_in(session, "en"), names_in(session, "zh-CN")
    assert english("辽重污〔2026〕1号") == "Liaoning 2026, no. 1"
    assert chinese("辽重污〔2026〕1号") == "辽重污〔2026〕1号"
    assert english("2号") == "2号", "no translation"


def test_every_clause_of_the_case_has_its_english() -> None:
    measures = whole_case().inputs.measures
    known = english_of(measures)
    assert {rule.clause for rule in measures.rules} == known.keys()
    assert all(english.isascii() for english in known.values())
