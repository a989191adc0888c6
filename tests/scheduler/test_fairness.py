"""Tests that the fairness account adds up what was permitted and lost while each plan was in force,
to the unit, over publications and alerts of one episode."""

import json
from datetime import datetime
from typing import get_args

import pytest
from typer.testing import CliRunner

from scheduler import alerts, fairness, publication
from scheduler.cli import app
from scheduler.domain.enterprise import Grade, Sector
from scheduler.domain.fairness import Fairness, Kept
from scheduler.errors import NotFoundError
from scheduler.fairness import sizes_of
from scheduler.store.database import Database
from scheduler.texts import LANGUAGES, Language
from scheduler.told_fairness import group_name
from tests.scheduler.case import START, at

UTRIP = 66_667
"""Of a unit of process smelt, of which 30 are permitted in each of four hours; 20, 20, 30 and 30
are made."""


def account(database: Database, until: datetime, alert: str = "a-1") -> Fairness:
    with database.reading() as session:
        return fairness.of_alert(session, alert, until)


@pytest.mark.parametrize(
    ("until", "permitted", "lost"),
    [("08:30", 15, 5), ("09:00", 30, 10), ("10:00", 60, 20), ("11:00", 90, 20), ("12:00", 120, 20)],
)
def test_what_was_in_force_is_added_up_to_the_unit(
    published: Database, until: str, permitted: int, lost: int
) -> None:
    (row,) = account(published, at(until)).plants
    assert (row.permitted_utrip, row.lost_utrip) == (permitted * UTRIP, lost * UTRIP)
    assert row.kept_percent == pytest.approx(100 * (permitted - lost) / permitted)
    assert (row.sector, row.grade, row.normal_trips_day) == ("steel", "B", 48)


def test_each_publication_counts_while_it_is_in_force(published: Database) -> None:
    with published.writing() as session:
        publication.publish(
            session,
            "plan-1",
            in_force_from=at("10:00"),
            by="b",
            known_at=at("08:00"),
        )
    both = account(published, at("12:00"))
    assert both.publications == ("a-1/1", "a-1/2")
    (row,) = both.plants
    assert (row.permitted_utrip, row.lost_utrip) == (120 * UTRIP, 20 * UTRIP), "nothing twice"
    with published.writing() as session:
        publication.withdraw(
            session, "a-1", 2, from_instant=at("11:00"), reason="x", by="b", known_at=at("10:30")
        )
    (row,) = account(published, at("12:00")).plants
    assert row.permitted_utrip == 90 * UTRIP


def test_nothing_counts_before_the_start_or_after_the_end(published: Database) -> None:
    with pytest.raises(NotFoundError, match="nothing of alert a-1"):
        account(published, START)
    with published.writing() as session:
        lifted = {"ends_at": at("10:00"), "known_at": at("09:30")}
        alerts.lift(session, "a-1", document="2026-2", by="Shenyang", **lifted)
    ended = account(published, at("12:00"))
    assert (ended.until, ended.plants[0].permitted_utrip) == (at("10:00"), 60 * UTRIP)


def test_groups_are_sums_of_their_plants(published: Database) -> None:
    found = account(published, at("12:00"))
    (plant,) = found.plants
    assert {(g.by, g.group, g.n_plants) for g in found.groups} == {
        ("sector", "steel", 1),
        ("grade", "B", 1),
        ("size", "large", 1),
    }
    assert all(g.lost_utrip == plant.lost_utrip for g in found.groups)


def test_sizes_are_thirds_by_normal_trips() -> None:
    trips = {"a": 5, "b": 50, "c": 20, "d": 5, "e": 7, "f": 9, "g": 1}
    assert sizes_of(trips) == {
        "b": "large", "c": "large", "f": "large",
        "e": "middle", "a": "middle",
        "d": "small", "g": "small",
    }  # fmt: skip


def test_a_plant_of_which_nothing_is_permitted_kept_no_share() -> None:
    assert Kept(permitted_utrip=0, lost_utrip=0).kept_percent is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sectors_and_grades_have_their_words(lang: Language) -> None:
    """The letters of grades are words of both languages."""
    told = {sector: group_name("sector", sector, lang) for sector in get_args(Sector)}
    assert len(set(told.values())) == len(told)
    assert not any(name == sector for sector, name in told.items() if lang == "zh-CN")
    assert told["nonferrous"] == ("有色金属" if lang == "zh-CN" else "nonferrous metals")
    leading = "引领性" if lang == "zh-CN" else "leading"
    grades = [group_name("grade", grade, lang) for grade in get_args(Grade)]
    assert grades == ["A", leading, "B", "C", "D"]


def test_the_command_shows_the_account(published: Database) -> None:
    env = {"CUOFENG_DATABASE_URL": published.engine.url.render_as_string(hide_password=False)}
    asked = ("fairness", "a-1", "--at", "2026-01-05T12:00")
    shown = CliRunner().invoke(app, asked, env=env)
    assert shown.exit_code == 0, shown.stderr
    assert " 83.3 % 钢铁（1 家）" in shown.stdout and " 83.3 % P厂" in shown.stdout
    english = CliRunner().invoke(app, (*asked, "--lang", "en"), env=env).stdout
    assert " 83.3 % steel (1 plants)" in english and "large (1 plants)" in english
    assert " 83.3 % P works" in english
    body = json.loads(CliRunner().invoke(app, (*asked, "--json"), env=env).stdout)
    assert body["plants"][0]["lost_utrip"] == 20 * UTRIP
