"""Tests `cuofeng advise`: level, time, clause and values; kept apart from what is declared."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scheduler.advising import newest_rule_set
from scheduler.cli import app
from scheduler.domain.advice import AdviceReport

ROOT = Path(__file__).parents[2]
NOVEMBER = ROOT / "fixtures/liaoning/air/forecasts.csv"
ASKED = ("--forecast", str(NOVEMBER), "--at", "2015-11-05T20:00")


def cuofeng(*arguments: str, url: str = "sqlite://") -> Result:
    return CliRunner().invoke(app, list(arguments), env={"CUOFENG_DATABASE_URL": url})


@pytest.fixture
def url(tmp_path: Path, sqlite_tables: Path) -> str:
    path = tmp_path / "store.sqlite"
    path.write_bytes(sqlite_tables.read_bytes())
    return f"sqlite:///{path}"


def advised(rules: str) -> AdviceReport:
    done = cuofeng("advise", *ASKED, "--rules", rules, "--json")
    assert done.exit_code == 0, done.stderr
    return AdviceReport.model_validate_json(done.stdout)


@pytest.mark.parametrize(
    ("rules", "conditions"),
    [
        ("CN-2017-86", [(200, 96), (300, 48)]),
        ("CN-2018-875", [(200, 96), (300, 48)]),
        ("CN-2024-6", [(200, 72), (300, 24)]),
        ("LN-2024", [(200, 72), (300, 24)]),
    ],
)
def test_november_2015_is_what_docs_air_derives_by_hand(
    rules: str, conditions: list[tuple[int, int]]
) -> None:
    made = advised(rules)
    [city] = made.cities
    [episode] = city.episodes
    clause = episode.clause
    assert (city.city, city.action, episode.level) == ("shenyang", "issue", "red")
    assert (clause.rule_set, clause.level, clause.branch) == (rules, "red", 1)
    assert [(c.aqi_above, c.hours) for c in clause.conditions] == conditions
    assert episode.starts_at == datetime.fromisoformat("2015-11-06T00:00+08:00")
    assert episode.holds_until == datetime.fromisoformat("2015-11-11T00:00+08:00")
    assert episode.ends_at is None
    assert [(day.aqi, day.pm25_ug_m3, day.primary) for day in episode.days] == [
        (219, "168.9", ("pm25",)),
        (397, "347.0", ("pm25",)),
        (500, "813.8", ("pm25",)),
        (393, "343.0", ("pm25",)),
        (227, "176.7", ("pm25",)),
    ]
    assert {day.standard for day in episode.days} == {"HJ633-2012"}
    assert not made.is_valid, "every rule set is of later years"


def test_the_page_shows_the_same_figures() -> None:
    page = (ROOT / "docs/air.md").read_text()
    for day in advised("CN-2024-6").cities[0].episodes[0].days:
        assert f"| {day.pm25_ug_m3} | {day.aqi} |" in page
    for line in cuofeng("advise", *ASKED, "--rules", "CN-2024-6").stdout.splitlines():
        assert f"    {line}\n" in page


def test_words_in_both_languages() -> None:
    english = cuofeng("advise", *ASKED, "--rules", "LN-2024")
    assert "Red alert from 2015-11-06 00:00" in english.stdout
    assert "were not read (assumed)" in english.stdout
    chinese = cuofeng("advise", *ASKED, "--rules", "LN-2024", "--lang", "zh-CN")
    assert "红色预警，自 2015-11-06 00:00" in chinese.stdout
    assert "日 AQI>200 持续 72 小时及以上，且日 AQI>300 持续 24 小时及以上" in chinese.stdout


def test_a_declared_level_makes_it_a_raise() -> None:
    done = cuofeng(
        "advise", *ASKED, "--rules", "CN-2024-6", "--json", "--declared", "yellow:shenyang"
    )
    [city] = AdviceReport.model_validate_json(done.stdout).cities
    assert (city.declared, city.action) == ("yellow", "raise")


def test_what_is_kept_stands_beside_the_declaration_and_changes_nothing(url: str) -> None:
    declared = ("--area", "orange:shenyang", "--from", "2015-11-05T18:00", "--by", "市政府")
    said = ("--document", "1号", "--known-at", "2015-11-05T17:00")
    assert cuofeng("alert", "declare", "a", *declared, *said, url=url).exit_code == 0
    for _ in range(2):
        done = cuofeng("advise", *ASKED, "--rules", "CN-2024-6", "--keep", "--json", url=url)
        assert done.exit_code == 0, done.stderr
        made = AdviceReport.model_validate_json(done.stdout)
        assert (made.cities[0].declared, made.cities[0].action) == ("orange", "raise")
    listed = json.loads(cuofeng("alert", "advice", "--json", url=url).stdout)
    assert [(a["id"], a["areas"][0]["level"]) for a in listed] == [(made.advice.id, "red")]
    [alert] = json.loads(cuofeng("alert", "list", "--json", url=url).stdout)
    assert alert["revisions"][-1]["statement"]["areas"][0]["level"] == "orange"
    assert "red" in cuofeng("alert", "advice", url=url).stdout


def test_what_cannot_be_advised_is_refused() -> None:
    unknown = cuofeng("advise", *ASKED, "--rules", "CN-1999")
    assert (unknown.exit_code, "There are CN-2017-86" in unknown.stderr) == (2, True)
    early = ("--forecast", str(NOVEMBER), "--at", "2015-11-05T19:59", "--rules", "CN-2024-6")
    done = cuofeng("advise", *early)
    assert (done.exit_code, "no forecast of the file was issued by" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("day", "newest"),
    [
        ("2015-11-06", "CN-2017-86"),
        ("2017-09-20", "CN-2017-86"),
        ("2018-01-01", "CN-2018-875"),
        ("2024-09-05", "CN-2024-6"),
        ("2024-09-06", "LN-2024"),
    ],
)
def test_the_newest_rule_set_that_holds(day: str, newest: str) -> None:
    at = datetime.fromisoformat(f"{day}T00:00+08:00")
    assert newest_rule_set(at).rule.rule_set == newest
