"""Tests that an enterprise is told what applies to it at a minute, and by which clause."""

import json
from collections.abc import Iterator
from datetime import datetime

import pytest
from typer.testing import CliRunner, Result

from fixtures.liaoning import Case, load_case
from scheduler import alerts, rules
from scheduler.cli import app
from scheduler.domain.alert import Level
from scheduler.domain.explanation import PlantRules
from scheduler.errors import NotFoundError
from scheduler.inputs import load_inputs
from scheduler.intake.measure_sets import read_sets
from scheduler.prepare.levels import LevelPeriod, periods_of
from scheduler.rules import LoadedRules, moment_of
from scheduler.store.database import Database
from scheduler.store.migrate import upgrade

KNOWN = datetime.fromisoformat("2015-11-05T20:00:00+08:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00")


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case()


def told(case: Case, enterprise: str, minute: str, *sets: str) -> dict[str, PlantRules]:
    loaded = LoadedRules(
        case.inputs.registry,
        case.inputs.network,
        read_sets(sets, None) if sets else case.inputs.measures,
    )
    found = loaded.of_enterprise(enterprise, list(periods_of(case.statement)), at(minute))
    return {plant.plant: plant for plant in found}


def ids(plant: PlantRules) -> list[str]:
    return [rule.measure for rule in plant.rules]


def test_a_steelworks_of_grade_b_at_red(case: Case) -> None:
    plant = told(case, "angang", "2015-11-06T18:00")["angang-anshan"]
    assert (plant.level, plant.episode_minutes, plant.exemption) == ("red", 100, None)
    assert ids(plant) == [
        "bar-china4", "bar-hazmat-night", "bar-red-gas5", "trips-red", "windows-red",
        "drawdown-red", "zone-cap-red-anshan",
    ]  # fmt: skip
    by_id = {rule.measure: rule for rule in plant.rules}
    assert by_id["bar-china4"].barred_classes == ("rigid4-diesel4", "train6-diesel4")
    assert by_id["bar-china4"].exempt_kinds == ("hazardous",)
    assert by_id["bar-china4"].exempt_if_filed == ("emergency",)
    assert not by_id["bar-hazmat-night"].bites
    assert by_id["bar-hazmat-night"].kinds == ("hazardous",)
    assert by_id["trips-red"].set_id == "liaoning-demo"


@pytest.mark.parametrize(("minute", "bites"), [("05:59", True), ("06:00", False)])
def test_hours_end_with_their_last_minute(case: Case, minute: str, bites: bool) -> None:
    plant = told(case, "angang", f"2015-11-07T{minute}")["angang-anshan"]
    assert [r.bites for r in plant.rules if r.measure == "bar-hazmat-night"] == [bites]


def test_before_the_alert_only_standing_rules_apply(case: Case) -> None:
    plant = told(case, "angang", "2015-11-06T16:19")["angang-anshan"]
    assert (plant.level, ids(plant)) == (None, ["bar-hazmat-night"])
    later = told(case, "angang", "2015-11-06T16:20")["angang-anshan"]
    assert (later.level, later.episode_minutes) == ("red", 0)


def test_an_exempt_plant_is_told_its_clause_and_keeps_rules_of_roads(case: Case) -> None:
    plant = told(case, "angang-byq", "2015-11-06T18:00")["angang-bayuquan"]
    assert plant.grade == "A"
    assert plant.exemption is not None
    assert plant.exemption.measure == "voluntary-a"
    assert ids(plant) == ["bar-hazmat-night"]


def test_of_two_caps_the_stricter_counts_in_the_hours_that_both_hold(case: Case) -> None:
    sets = ("qingxu-2018", "tangshan-night-half")
    at_orange = next(p for p in case.inputs.registry.plants
                     if p.city_id == "yingkou" and p.sector == "steel")  # fmt: skip
    night = told(case, at_orange.enterprise_id, "2015-11-06T22:00", *sets)[at_orange.plant_id]
    over = {rule.measure: rule.overruled_by for rule in night.rules}
    assert over == {"qingxu-orange": "tsn-half", "tsn-half": None}
    day = told(case, at_orange.enterprise_id, "2015-11-06T21:59", *sets)[at_orange.plant_id]
    assert {rule.measure: rule.overruled_by for rule in day.rules} == {
        "qingxu-orange": None,
        "tsn-half": None,
    }


def test_of_two_alerts_the_higher_level_and_the_longer_episode_count() -> None:
    def period(level: str, start: str) -> LevelPeriod:
        return LevelPeriod.model_validate(
            {"city": "a", "level": Level(level), "starts_at": at(start)}
        )

    periods = [period("yellow", "2030-01-01T00:00"), period("red", "2030-01-01T10:00")]
    moment = moment_of("a", periods, at("2030-01-01T11:00"))
    assert (moment.level, moment.episode) == ("red", (660, 661))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, case: Case) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('rules') / 'a.db'}")
    upgrade(database)
    with database.writing() as session:
        load_inputs(session, case, KNOWN)
        alerts.declare(session, "a-1", case.statement, KNOWN)
    yield database
    database.close()


def cuofeng(database: Database, *arguments: str) -> Result:
    address = database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(app, arguments, env={"CUOFENG_DATABASE_URL": address})


def test_the_command_tells_the_clauses_in_both_languages(database: Database) -> None:
    asked = ("measures", "explain", "--enterprise", "angang", "--at", "2015-11-06T18:00")
    english = cuofeng(database, *asked)
    assert english.exit_code == 0, english.stderr
    assert "Angang Steel Anshan (angang-anshan), grade B, 2015-11-06 18:00: " in english.stdout
    assert "[trips-red] trip cap: Qingxu: at red, trucks of key enterprises cut by 50 %" in (
        english.stdout
    )
    assert "only trips of: dangerous goods" in english.stdout
    assert "free while a filing covers them: emergency" in english.stdout
    chinese = cuofeng(database, *asked, "--lang", "zh-CN").stdout
    assert "仅限：危险货物" in chinese
    assert "[trips-red] 车次削减: 清徐办法：红色预警期间重点企业货运车辆削减50%" in chinese
    rows = json.loads(cuofeng(database, *asked, "--json").stdout)
    (plant,) = [row for row in rows if row["plant"] == "angang-anshan"]
    assert {rule["clause_en"] != "" for rule in plant["rules"]} == {True}


def test_an_unknown_enterprise_is_refused(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotFoundError, match="no enterprise nobody"):
        rules.explain(session, "nobody", KNOWN)
    done = cuofeng(database, "measures", "explain", "--enterprise", "x", "--at", "2015-11-06T18:00")
    assert done.exit_code == 2
