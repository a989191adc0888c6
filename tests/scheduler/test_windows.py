"""Tests what is answered to a plant at an instant: in a window or not, barred, exempt, closed,
outside any alert, each with its clause and the next change."""

from datetime import datetime, timedelta

import pytest

from scheduler import alerts, publication, windows
from scheduler.domain.answer import Answer, Standing
from scheduler.domain.schedule import PlantSchedule, Restriction
from scheduler.errors import NotFoundError
from scheduler.store.database import Database
from tests.scheduler.case import KNOWN, at, scheduled, worked_plan

MICROSECOND = timedelta(microseconds=1)


def ask(database: Database, enterprise: str, instant: datetime) -> Answer:
    with database.reading() as session:
        (answer,) = windows.of_enterprise(session, enterprise, instant)
    return answer


@pytest.mark.parametrize(
    ("instant", "standing", "change"),
    [
        (at("08:00"), Standing.SHUT, at("08:30")),
        (at("08:30") - MICROSECOND, Standing.SHUT, at("08:30")),
        (at("08:30"), Standing.OPEN, at("10:00")),
        (at("10:00") - MICROSECOND, Standing.OPEN, at("10:00")),
        (at("10:00"), Standing.SHUT, at("12:00")),
        (at("12:00"), Standing.NO_SCHEDULE, None),
    ],
)
def test_a_plant_in_the_alert_is_told_its_window(
    published: Database, instant: datetime, standing: Standing, change: datetime | None
) -> None:
    answer = ask(published, "P-works", instant)
    assert (answer.standing, answer.next_change) == (standing, change)
    assert answer.clause == ("2026-1" if standing is Standing.NO_SCHEDULE else "art. 1")


def test_the_answer_holds_all_windows_and_trips_in_force(published: Database) -> None:
    answer = ask(published, "P-works", at("08:00"))
    assert [(w.gate, w.opens_at, w.closes_at) for w in answer.windows] == [
        ("G", at("08:30"), at("10:00"))
    ]
    assert [(t.leg, t.starts_at, t.first_passage_at, t.trips) for t in answer.trips] == [
        ("ore.heavy", at("08:30"), at("08:30"), 2),
        ("steel.heavy", at("09:00"), at("09:00"), 1),
    ]
    assert (answer.publication, answer.alert, answer.level) == ("a-1/1", "a-1", "red")


def test_an_exempt_and_a_closed_plant_are_told_the_clause(published: Database) -> None:
    exempt, closed = (ask(published, f"{plant}-works", at("09:00")) for plant in "XC")
    assert (exempt.standing, exempt.clause) == (Standing.EXEMPT, "grade A, art. 7")
    assert (closed.standing, closed.clause) == (Standing.CLOSED, "closed in 2020")


def test_outside_any_alert_the_next_one_is_told(published: Database) -> None:
    before = ask(published, "P-works", at("07:59"))
    assert (before.standing, before.next_change) == (Standing.NO_ALERT, at("08:00"))
    elsewhere = ask(published, "D-works", at("09:00"))
    assert (elsewhere.standing, elsewhere.next_change) == (Standing.NO_ALERT, None)


def test_lifting_ends_the_windows(published: Database) -> None:
    with published.writing() as session:
        told = {"document": "2026-2", "by": "Shenyang", "known_at": KNOWN}
        alerts.lift(session, "a-1", ends_at=at("09:00"), **told)
    assert ask(published, "P-works", at("08:40")).next_change == at("09:00")
    assert ask(published, "P-works", at("09:00")).standing is Standing.NO_ALERT
    with published.reading() as session:
        assert windows.in_force(session, at("09:00")) == []
        assert len(windows.in_force(session, at("08:59"))) == 1


def test_after_a_withdrawal_nothing_is_scheduled(published: Database) -> None:
    with published.writing() as session:
        told = {"reason": "wrong road", "by": "bureau", "known_at": KNOWN}
        publication.withdraw(session, "a-1", 1, from_instant=at("09:00"), **told)
    assert ask(published, "P-works", at("08:40")).next_change == at("09:00")
    assert ask(published, "P-works", at("09:00")).standing is Standing.NO_SCHEDULE


def test_an_enterprise_that_is_not_there_is_said_so(published: Database) -> None:
    with pytest.raises(NotFoundError, match="no enterprise Q"):
        ask(published, "Q", at("09:00"))


def plant_under(*rules: tuple[str, str, str]) -> PlantSchedule:
    plant = scheduled(*worked_plan()).plants[0]
    restrictions = tuple(
        Restriction.model_validate(
            {"what": what, "clause": f"on {what}", "from_instant": at(a), "to_instant": at(b)}
        )
        for what, a, b in rules
    )
    return plant.model_copy(update={"restrictions": restrictions})


def test_a_bar_goes_before_a_window_and_nothing_binds_outside_both() -> None:
    plant = plant_under(("windows", "08:00", "10:00"), ("barred", "09:00", "11:00"))
    told = [windows.standing_of(plant, at(time)) for time in ("08:30", "09:00", "10:30", "11:00")]
    assert told == [
        (Standing.OPEN, "on windows"),
        (Standing.BARRED, "on barred"),
        (Standing.BARRED, "on barred"),
        (Standing.FREE, ""),
    ]


def test_for_two_days_it_is_told_that_restrictions_ended(published: Database) -> None:
    told = {"document": "2026-2", "by": "Shenyang", "known_at": KNOWN + timedelta(hours=1)}
    with published.writing() as session:
        alerts.lift(session, "a-1", ends_at=at("09:00"), **told)
    assert ask(published, "P-works", at("09:00") - MICROSECOND).lifted_at is None
    for instant in (at("09:00"), at("09:00", day=7) - MICROSECOND):
        answer = ask(published, "P-works", instant)
        assert (answer.standing, answer.lifted_at) == (Standing.NO_ALERT, at("09:00"))
        assert answer.clause == "2026-2"
    assert ask(published, "P-works", at("09:00", day=7)).lifted_at is None
