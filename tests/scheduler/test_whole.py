"""Tests that the bureau is told what forces a plan's shortfall as a whole, in both languages."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner, Result

from scheduler import whole
from scheduler.cli import app
from scheduler.domain.whole import PricedPlace
from scheduler.errors import NotFoundError
from scheduler.store.database import Database
from scheduler.told_whole import told_whole
from tests.scheduler.case import START, put_plan, put_unsafe_plan

NINE = START + timedelta(hours=1)


@pytest.fixture
def unsafe(database: Database) -> Database:
    """Plan `plan-2` cannot keep the furnace of P going: its yard is empty and no trip allowed."""
    with database.writing() as session:
        put_plan(session)
        put_unsafe_plan(session)
    return database


def cuofeng(database: Database, *arguments: str) -> Result:
    address = database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(app, arguments, env={"CUOFENG_DATABASE_URL": address})


def test_a_plan_is_taken_apart_with_the_clause_and_what_would_remove_it(unsafe: Database) -> None:
    with unsafe.reading() as session:
        asked = whole.ask_plan(session, "plan-2")
    safety, output = whole.solve(asked)
    assert (safety.stage, safety.value, safety.unexplained) == ("safety_shortfall", 240_000, 0)
    assert safety.by_plants == 240_000
    (one,) = safety.plants
    assert one.forced is not None and one.forced.irreducible and one.sure
    told = {(o.law, o.part, o.clause) for o in one.forced.objects}
    assert {law for law, _, _ in told} == {"trip_cap", "stock_balance"}
    assert any(clause for law, _, clause in told if law == "trip_cap")
    assert {(r.law, r.unit, r.after) for r in one.remedies} == {
        ("trip_cap", "percent", 0),
        ("stock_balance", "kg", 0),
    }
    assert output.by_plants == output.value


def test_the_command_tells_it_in_both_languages(unsafe: Database) -> None:
    chinese = cuofeng(unsafe, "why", "--plan", "plan-2", "--whole")
    assert chinese.exit_code == 0, chinese.stderr
    assert "plan-2：安全缺口 共 240.0 分钟；各厂自身约束强制 240.0 分钟（100.0%）" in chinese.stdout
    english = cuofeng(unsafe, "why", "--plan", "plan-2", "--whole", "--lang", "en").stdout
    assert "240.0 min (100.0 %), shared roads 0.0 min more (0.0 %, by the plan's bound)" in english
    assert "P works: at least 240.0 min in any plan (planned 240.0 min)" in english
    assert "would remove it: " in english
    rows = json.loads(cuofeng(unsafe, "why", "--plan", "plan-2", "--whole", "--json").stdout)
    assert [row["stage"] for row in rows] == ["safety_shortfall", "output_shortfall"]


def test_what_is_in_force_is_asked_and_what_is_not_is_refused(published: Database) -> None:
    """The hand-made plan runs below what it may, which nothing forces."""
    told = cuofeng(published, "why", "--whole", "--at", "2026-01-05T09:00", "--lang", "en").stdout
    assert told.startswith("a-1/1: Output shortfall")
    assert "(100.0 %) is not explained" in told
    assert cuofeng(published, "why", "--whole", "P-works").exit_code == 2
    with published.reading() as session:
        with pytest.raises(NotFoundError, match="no publication is in force"):
            whole.ask(session, START - timedelta(minutes=1))
        with pytest.raises(NotFoundError):
            whole.ask_plan(session, "nothing")


def test_plants_not_asked_and_priced_roads_are_told_as_such(unsafe: Database) -> None:
    with unsafe.reading() as session:
        asked = whole.ask_plan(session, "plan-2")
    (safety, _) = whole.solve(asked, most=0)
    road = PricedPlace(what="link", id="b", spans=((START, NINE),), worth=2_000)
    twice = safety.model_copy(update={"plants": safety.plants * 2, "roads": (road,)})
    lines = list(told_whole(twice, "en"))
    assert lines[1].startswith("the laws of these 2 plants together force at least 240.0 min")
    assert lines[2].startswith("2 plants more (P works, P works first) are forced to 480.0 min")
    assert lines[3] == (
        "b: worth 2.0 min by the bound's prices (price estimate, not solved), 01-05 08:00 - 09:00"
    )
    assert "（价格估计，未求解）" in list(told_whole(twice, "zh-CN"))[3]
