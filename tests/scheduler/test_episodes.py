"""Tests that an alert which goes on with an episode begins with what that episode lost before."""

from datetime import datetime, timedelta

import pytest

from scheduler import alerts, episodes
from scheduler.domain.alert import Area, Level, Statement
from scheduler.prepare.joining import with_lost_before
from scheduler.store.database import Database
from solver.instance import ProcessState
from tests.scheduler.case import at, publish, put_plan, worked_plan

LIFTED = at("10:00")
LOST = ProcessState(process="smelt", lost_units=20, permitted_units=60)
"""Of 30 permitted in each of the two hours to 10:00, 20 are made."""


@pytest.fixture
def lifted(database: Database) -> Database:
    with database.writing() as session:
        put_plan(session)
        publish(session)
        alerts.lift(
            session, "a-1", document="2", by="Shenyang", ends_at=LIFTED, known_at=at("09:30")
        )
    return database


def lost_before(database: Database, starts_at: datetime, city: str) -> tuple[ProcessState, ...]:
    told = Statement(
        areas=(Area(level=Level.ORANGE, cities=(city,)),),
        starts_at=starts_at,
        ends_at=None,
        declared_by="Shenyang",
        document_number="3",
    )
    with database.writing() as session:
        alerts.declare(session, "a-2", told, starts_at)
        return episodes.lost_before(session, alerts.get_alert(session, "a-2"))


def test_an_alert_back_within_the_gap_begins_with_what_was_lost(lifted: Database) -> None:
    assert lost_before(lifted, at("20:00"), "shenyang") == (LOST,)


def test_a_minute_inside_the_gap_it_still_does(lifted: Database) -> None:
    again = LIFTED + alerts.lift_gap(LIFTED) - timedelta(minutes=1)
    assert lost_before(lifted, again, "shenyang") == (LOST,)


def test_a_later_alert_is_an_episode_of_its_own(lifted: Database) -> None:
    again = LIFTED + alerts.lift_gap(LIFTED)
    assert lost_before(lifted, again, "shenyang") == ()


def test_another_citys_alert_is_an_episode_of_its_own(lifted: Database) -> None:
    assert lost_before(lifted, at("20:00"), "dalian") == ()


def test_a_first_alert_begins_with_nothing(lifted: Database) -> None:
    with lifted.reading() as session:
        assert episodes.lost_before(session, alerts.get_alert(session, "a-1")) == ()


def test_an_instance_takes_what_it_still_has_a_process_for() -> None:
    instance, _ = worked_plan()
    gone = ProcessState(process="gone", lost_units=5, permitted_units=9)
    assert with_lost_before(instance, (gone, LOST)).state.processes == (LOST,)
    assert with_lost_before(instance, (gone,)) is instance
