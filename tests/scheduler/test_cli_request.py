"""Tests of the commands on requests: filed on behalf, told in both languages, decided."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner, Result

from scheduler import clock
from scheduler.cli import app
from scheduler.store.database import Database
from tests.scheduler.case import KNOWN, publish, put_measures, put_plan

SPAN = "2026-01-05T08:00/2026-01-05T12:00"


@pytest.fixture
def published(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr(clock, "now", lambda: KNOWN + timedelta(minutes=10))
    with database.writing() as session:
        put_plan(session)
        publish(session)
    return database


def cuofeng(database: Database, *arguments: str) -> Result:
    address = database.engine.url.render_as_string(hide_password=False)
    env = {"CUOFENG_DATABASE_URL": address}
    return CliRunner().invoke(app, ("request", *arguments), env=env)


def trips(database: Database, *more: str, trips: str = "3") -> Result:
    asked = ("--stream", "ore", "--trips", trips, "--window", SPAN, "--reason", "cold")
    return cuofeng(database, "trips", "a-1", "P", *asked, *more)


def test_a_request_is_filed_told_and_granted(published: Database) -> None:
    filed = trips(published, "--lang", "en")
    assert filed.exit_code == 0, filed.stderr
    assert filed.stdout.splitlines()[0] == (
        "request 1: P works, 3 more trips of ore, 01-05 08:00 - 12:00 "
        "(answered, waits for the bureau)"
    )
    assert "it fits: all others unchanged" in filed.stdout
    assert "Exposure: " in filed.stdout and "(worse)" in filed.stdout
    granted = cuofeng(published, "grant", "1", "--told", "cold", "--by", "Shenyang")
    assert "批准（Shenyang）：cold" in granted.stdout
    assert "已批准，列入下一次发布" in cuofeng(published, "list", "--state", "granted").stdout
    assert cuofeng(published, "list", "--state", "answered").stdout == "没有申请\n"
    shown = json.loads(cuofeng(published, "show", "1", "--json").stdout)
    assert shown["answer"]["grant"]["trips"]
    withdrawn = cuofeng(published, "withdraw", "1", "--lang", "en").stdout
    assert "withdrawn by bureau" in withdrawn


def test_a_window_a_give_back_and_a_refusal(published: Database) -> None:
    window = ("window", "a-1", "P", "--gate", "G", "--reason", "x", "--lang", "en")
    fits = cuofeng(
        published,
        *window,
        *("--window", "2026-01-05T10:00/PT90M"),
        *("--instead-of", "2026-01-05T08:30/2026-01-05T10:00"),
    )
    assert "granted by automatic, as no stage gets worse" in fits.stdout
    long = cuofeng(published, *window, "--window", SPAN)
    assert "it does not fit" in long.stdout and "art. 1" in long.stdout
    refused = cuofeng(published, "refuse", "2", "--told", "art. 1", "--lang", "en")
    assert "refused by bureau: art. 1" in refused.stdout
    back = ("--gate", "G", "--window", "2026-01-05T10:00/PT90M", "--reason", "x", "--json")
    given = json.loads(cuofeng(published, "give-back", "a-1", "P", *back).stdout)
    assert given["request"]["filing"]["asked"]["kind"] == "give_back"


def test_trips_are_given_back(published: Database) -> None:
    asked = ("give-back", "a-1", "P", "--reason", "x", "--window", "2026-01-05T08:30/PT90M")
    trips = ("--stream", "ore", "--trips", "1")
    given = cuofeng(published, *asked, *trips, "--gate", "G", "--lang", "en").stdout
    assert "gives back trips of ore through G: 1, 01-05 08:30 - 10:00" in given
    assert "granted by automatic" in given
    assert "what is left of its departures 01-05 08:30 ×1" in given
    assert "退还后该货物届时至多发车 01-05 08:30 ×1" in cuofeng(published, "show", "1").stdout
    for lacking, told in (
        (("--stream", "ore"), "--stream and --trips go together"),
        ((), "give --gate"),
    ):
        refused = cuofeng(published, *asked, *lacking)
        assert refused.exit_code == 2 and told in refused.stderr


def test_a_clause_is_told_in_the_language_asked_for(published: Database) -> None:
    with published.writing() as session:
        put_measures(session)
    window = ("window", "a-1", "P", "--gate", "G", "--reason", "x", "--window", SPAN)
    english = cuofeng(published, *window, "--lang", "en").stdout
    assert "article one: windows" in english and "art. 1" not in english
    chinese = cuofeng(published, "show", "1").stdout
    assert "art. 1" in chinese and "article one" not in chinese


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "7"), "no request 7"),
        (("grant", "7"), "no request 7"),
        (("list", "--state", "lost"), "no state"),
        (("agree", "1"), "asks no other enterprise"),
    ],
)
def test_what_cannot_be_done_ends_with_2(
    published: Database, arguments: tuple[str, ...], told: str
) -> None:
    assert trips(published).exit_code == 0
    answer = cuofeng(published, *arguments)
    assert answer.exit_code == 2
    assert told in answer.stderr


def test_a_request_of_no_trips_or_no_time_is_refused(published: Database) -> None:
    assert trips(published, trips="0").exit_code == 2
    asked = ("--stream", "ore", "--trips", "1", "--window", "soon", "--reason", "x")
    answer = cuofeng(published, "trips", "a-1", "P", *asked)
    assert answer.exit_code == 2 and "no stretch of time" in answer.stderr
