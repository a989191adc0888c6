"""Tests that what enterprises ask for is answered at once against what is in force and what was
granted since, decided, kept for ever, and shown to nobody whom it does not concern."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError
from sqlmodel import text

from scheduler import alerts, asking, grants, publication, replay, requests
from scheduler.domain.alert import Area, Level, Statement
from scheduler.domain.request import (
    DECIDED_AT_ONCE,
    Filing,
    GiveBackAsked,
    GiveBackTripsAsked,
    MoreTripsAsked,
    RequestCase,
    SwapAsked,
    WindowAsked,
)
from scheduler.domain.verdict import Outcome
from scheduler.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from scheduler.prepare.granted import bound_by
from scheduler.store.database import Database
from tests.scheduler.case import KNOWN, at, worked_plan
from tests.scheduler.swap_case import publish_both

NOW = KNOWN + timedelta(minutes=10)
"""07:10: nothing is settled, the plan begins at 08:00 and opens G from 08:30 to 10:00."""


def filing(asked: Any, plant: str = "P", reason: str = "stocks are low") -> Filing:
    return Filing(alert="a-1", plant=plant, asked=asked, reason=reason)


def window(first: str, end: str, instead: tuple[str, str] | None = None) -> WindowAsked:
    given = instead and {"instead_from": at(instead[0]), "instead_to": at(instead[1])}
    return WindowAsked(gate="G", from_instant=at(first), to_instant=at(end), **(given or {}))


def more(trips: int, first: str = "08:00", end: str = "12:00") -> MoreTripsAsked:
    return MoreTripsAsked(stream="ore", trips=trips, from_instant=at(first), to_instant=at(end))


def back(first: str, end: str) -> GiveBackAsked:
    return GiveBackAsked(gate="G", from_instant=at(first), to_instant=at(end))


def fewer(trips: int, first: str, end: str, gate: str | None = None) -> GiveBackTripsAsked:
    """Ore departs at 08:30, two trips, and passes G then and on its way home."""
    return GiveBackTripsAsked(
        stream="ore", trips=trips, gate=gate, from_instant=at(first), to_instant=at(end)
    )


def file(database: Database, asked: Any, **fields: Any) -> RequestCase:
    told = {"by": "key-1", "now": NOW, "enterprise": "P-works", **fields}
    return requests.file(database, filing(asked), **told)


MOVED = window("10:00", "11:30", ("08:30", "10:00"))


def test_another_window_that_harms_nobody_is_granted_at_once(published: Database) -> None:
    case = file(published, MOVED)
    assert (case.state, case.answer.kind, case.answer.worse) == ("granted", "fits", ())
    assert [(s.action, s.by) for s in case.steps] == [
        ("answered", "solver"),
        ("granted", DECIDED_AT_ONCE),
    ]
    assert case.answer.grant is not None
    (opened,) = case.answer.grant.open
    assert (opened.opens_at, opened.closes_at) == (at("10:00"), at("11:30"))
    (shut,) = case.answer.grant.shut
    assert (shut.opens_at, shut.closes_at) == (at("08:30"), at("10:00"))


def test_more_trips_wait_for_the_bureau_with_what_they_cost(published: Database) -> None:
    case = file(published, more(3))
    assert (case.state, case.answer.kind, case.answer.worse) == (
        "answered",
        "fits",
        ("exposure",),
    )
    granted = requests.grant(published, 1, by="bureau", told="cold spell", now=NOW)
    assert (granted.state, granted.steps[-1].by, granted.steps[-1].told) == (
        "granted",
        "bureau",
        "cold spell",
    )
    assert requests.grant(published, 1, by="bureau", told="", now=NOW) == granted, "once"


def test_what_does_not_fit_says_why_and_cannot_be_granted(published: Database) -> None:
    case = file(published, window("08:00", "12:00"))
    assert (case.state, case.answer.kind) == ("answered", "does_not_fit")
    assert ("window_shape", "art. 1") in [(r.law, r.clause) for r in case.answer.reasons]
    with pytest.raises(ConflictError, match="does not fit publication a-1/1"):
        requests.grant(published, 1, by="bureau", told="", now=NOW)
    refused = requests.refuse(published, 1, by="bureau", told="art. 1", now=NOW)
    assert refused.state == "refused"
    with pytest.raises(BadInputError, match="reason"):
        requests.refuse(published, 1, by="bureau", told=" ", now=NOW)


def test_the_second_for_the_same_room_is_answered_beside_the_first(published: Database) -> None:
    """The window that the first exchanged is gone: the second cannot give it up again."""
    file(published, MOVED)
    with pytest.raises(BadInputError, match="no window from 01-05 08:30 - 10:00"):
        file(published, window("08:00", "09:00", ("08:30", "10:00")))
    second = file(published, back("10:00", "11:30"))
    assert second.answer.beside == (1,)


def test_a_stale_answer_is_made_anew_before_it_is_granted(published: Database) -> None:
    waiting = file(published, more(3))
    file(published, MOVED)
    granted = requests.grant(published, 1, by="bureau", told="", now=NOW)
    assert waiting.answer.beside == () and granted.answer.beside == (2,)
    assert [s.action for s in granted.steps] == ["answered", "answered", "granted"]
    assert granted.answer.grant is not None
    assert all(row.starts_at >= at("10:00") for row in granted.answer.grant.trips)


def test_an_answer_that_another_grant_overtakes_is_solved_again(
    published: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    solve, overtaken = asking.solve, []

    def slow(asked: asking.Asked) -> Any:
        if not overtaken:
            overtaken.append(asked.number)
            file(published, MOVED)
        return solve(asked)

    monkeypatch.setattr(asking, "solve", slow)
    case = file(published, more(3))
    assert (case.request.number, case.answer.beside) == (2, (1,))


def test_what_is_asked_after_trips_were_given_back_begins_from_what_is_left(
    published: Database,
) -> None:
    """Of two trips at 08:30 one is given back; three more are four, and not five."""
    file(published, fewer(1, "08:30", "09:00"))
    case = file(published, more(3, "08:30", "09:00"))
    assert (case.answer.kind, case.answer.beside) == ("fits", (1,))
    assert case.answer.grant is not None
    assert sum(row.trips for row in case.answer.grant.trips) == 4
    requests.grant(published, 2, by="bureau", told="", now=NOW)
    with published.reading() as session:
        found = grants.standing(session, "a-1", NOW)
    instance, _ = worked_plan()
    state = bound_by(instance, found).state
    assert [row.trips for row in state.locked_trips] == [4]
    assert [row.trips for row in state.given_back or ()] == [4], "the last word counts"


def test_a_part_of_a_window_that_leaves_too_little_is_not_given_back(published: Database) -> None:
    case = file(published, back("09:00", "10:00"))
    assert (case.state, case.answer.kind) == ("answered", "does_not_fit")
    assert ("window_shape", "art. 1") in [(r.law, r.clause) for r in case.answer.reasons]


@pytest.mark.parametrize("gate", [None, "G"])
def test_trips_that_are_not_needed_are_given_back_at_once(
    published: Database, gate: str | None
) -> None:
    case = file(published, fewer(1, "08:30", "10:00", gate))
    assert (case.state, case.answer.kind, case.answer.worse) == ("granted", "fits", ())
    assert case.steps[-1].by == DECIDED_AT_ONCE and case.answer.grant is not None
    (left,) = case.answer.grant.left
    assert (left.leg, left.starts_at, left.trips) == ("ore.heavy", at("08:30"), 1)
    (planned,) = case.answer.moved
    assert planned.before == planned.after, "the window stays"
    with published.reading() as session:
        assert grants.standing(session, "a-1", at("08:29")).requests == (1,)
        assert grants.standing(session, "a-1", at("08:30")).requests == ()


def test_no_more_trips_are_given_back_than_are_left(published: Database) -> None:
    """After the first of the two, and the second with the window that it passes in."""
    file(published, fewer(1, "08:30", "10:00"))
    with pytest.raises(BadInputError, match=r"ore that can be given back, .*: 1") as caught:
        file(published, fewer(2, "08:30", "10:00"))
    assert "可退还的ore只有 1 车次" in caught.value.in_chinese
    with pytest.raises(BadInputError, match=r"ore that can be given back, .*: 0"):
        file(published, fewer(1, "10:00", "12:00", "G"))
    with pytest.raises(BadInputError, match="It has: ore, steel"):
        file(published, fewer(1, "08:30", "10:00").model_copy(update={"stream": "x"}))


def test_the_same_request_filed_again_is_the_one_that_stands(published: Database) -> None:
    first = file(published, more(3))
    again = requests.file(
        published, filing(more(3), reason="once more"), by="key-1", now=NOW, enterprise="P-works"
    )
    assert again == first
    requests.withdraw(published, 1, by="key-1", now=NOW, enterprise="P-works")
    assert file(published, more(3)).request.number == 2


def test_what_is_withdrawn_binds_nothing(published: Database) -> None:
    file(published, MOVED)
    with published.reading() as session:
        assert grants.standing(session, "a-1", NOW).requests == (1,)
    assert requests.withdraw(published, 1, by="key-1", now=NOW).state == "withdrawn"
    with published.reading() as session:
        assert grants.standing(session, "a-1", NOW).requests == ()
    with pytest.raises(ConflictError, match="cannot be withdrawn: withdrawn"):
        requests.withdraw(published, 1, by="key-1", now=NOW)


def test_what_is_settled_or_over_cannot_be_asked(published: Database) -> None:
    with pytest.raises(BadInputError, match="over or too near"):
        file(published, back("08:30", "10:00"), now=at("09:00"))
    with pytest.raises(ConflictError, match="reaches no further"):
        file(published, more(3), now=at("12:00"))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (window("08:00", "09:00", ("08:00", "09:00")), "Its windows: 01-05 08:30 - 10:00"),
        (back("11:00", "12:00"), "no window then to give back"),
        (WindowAsked(gate="X", from_instant=at("08:00"), to_instant=at("09:00")), "Gates: G"),
        (more(1, "08:00", "13:00"), "not within what is planned"),
        (
            MoreTripsAsked(stream="x", trips=1, from_instant=at("08:00"), to_instant=at("09:00")),
            "It has: ore, steel",
        ),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    published: Database, asked: Any, told: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        file(published, asked)
    assert told in str(caught.value)
    assert re.search("[\u4e00-\u9fff]{2}", caught.value.in_chinese)
    with published.reading() as session:
        assert requests.list_requests(session) == []


def test_an_enterprise_files_for_its_own_plants_alone(published: Database) -> None:
    for plant in ("X", "nobody"):
        with pytest.raises(NotAllowedError, match="has no plant"):
            requests.file(
                published, filing(more(3), plant), by="key-1", now=NOW, enterprise="P-works"
            )
    file(published, more(3))
    with published.reading() as session:
        assert requests.of_enterprise(session, "X-works") == []
        with pytest.raises(NotFoundError, match="no request 1"):
            requests.one_of_enterprise(session, 1, "X-works")
    with pytest.raises(NotFoundError, match="no request 1"):
        requests.withdraw(published, 1, by="key-2", now=NOW, enterprise="X-works")
    with pytest.raises(NotFoundError, match="no request 1"):
        requests.agree(published, 1, enterprise="X-works", by="key-2", now=NOW)


def test_a_plan_without_what_was_granted_is_not_published(published: Database) -> None:
    file(published, MOVED)
    with published.writing() as session, pytest.raises(ConflictError, match=r"granted.*: 1"):
        publication.publish(session, "plan-1", in_force_from=at("08:00"), by="bureau", known_at=NOW)
    requests.withdraw(published, 1, by="key-1", now=NOW)
    with published.writing() as session:
        again = publication.publish(
            session, "plan-1", in_force_from=at("08:00"), by="bureau", known_at=NOW
        )
    assert again.number == 2


def come_back(database: Database, starts: str, city: str = "shenyang") -> None:
    """The alert is lifted at 10:00, and another is declared."""
    told = Statement(
        areas=(Area(level=Level.ORANGE, cities=(city,)),),
        starts_at=at(starts),
        ends_at=None,
        declared_by="Shenyang",
        document_number="3",
    )
    with database.writing() as session:
        alerts.lift(
            session, "a-1", document="2", by="Shenyang", ends_at=at("10:00"), known_at=at("09:30")
        )
        alerts.declare(session, "a-2", told, at(starts))


def test_what_was_granted_reaches_an_alert_that_comes_back(published: Database) -> None:
    """Granted from 10:00 to 11:30; the alert is lifted at 10:00 and back at 10:30."""
    file(published, MOVED)
    come_back(published, "10:30")
    with published.reading() as session:
        assert grants.standing(session, "a-2", at("10:30")).requests == (1,)
        assert grants.standing(session, "a-2", at("11:29")).requests == (1,)
        assert grants.standing(session, "a-2", at("11:30")).requests == ()
    requests.withdraw(published, 1, by="key-1", now=at("10:40"))
    with published.reading() as session:
        assert grants.standing(session, "a-2", at("10:30")).requests == ()


def test_what_was_granted_binds_no_other_episode(published: Database) -> None:
    file(published, MOVED)
    come_back(published, "10:30", city="dalian")
    with published.reading() as session:
        assert grants.standing(session, "a-2", at("10:30")).requests == ()


def test_requests_and_steps_are_sealed_and_refuse_to_change(published: Database) -> None:
    file(published, MOVED)
    assert replay.replay(published, "a-1/1").outcome is not Outcome.BROKEN
    for table in ("request", "request_step"):
        with pytest.raises(DatabaseError), published.writing() as session:
            session.connection().execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def shared(database: Database) -> Database:
    with database.writing() as session:
        publish_both(session)
    return database


def test_what_the_plant_needs_waits_for_the_bureau_with_what_it_costs(shared: Database) -> None:
    """P needs its one trip, and has the one window."""
    for number, asked in enumerate((fewer(1, "08:00", "12:00"), back("08:00", "09:00")), 1):
        case = file(shared, asked)
        assert (case.state, case.answer.worse) == ("answered", ("output_shortfall",))
        done = requests.grant(shared, number, by="bureau", told="", now=NOW)
        assert done.state == "granted"
        requests.withdraw(shared, number, by="key-1", now=NOW)


SWAP = SwapAsked(
    gate="G",
    from_instant=at("08:00"),
    to_instant=at("09:00"),
    with_plant="Q",
    with_gate="H",
    their_from=at("09:00"),
    their_to=at("10:00"),
)


def test_a_swap_is_granted_once_the_other_side_agrees(shared: Database) -> None:
    case = file(shared, SWAP)
    assert (case.state, case.request.counterpart) == ("awaits_agreement", "Q-works")
    assert case.answer.harms_nobody
    with shared.reading() as session:
        (seen,) = requests.of_enterprise(session, "Q-works")
    assert seen.request.filing.reason == "-"
    assert [row.plant.id for row in seen.answer.moved] == ["Q"]
    assert (seen.answer.reasons, seen.answer.stages, seen.answer.grant) == ((), (), None)
    with pytest.raises(
        ConflictError, match="cannot be granted: answered, waits for the other side"
    ):
        requests.grant(shared, 1, by="bureau", told="", now=NOW)
    with pytest.raises(NotFoundError, match="no request 1"):
        requests.agree(shared, 1, enterprise="P-works", by="key-1", now=NOW)
    agreed = requests.agree(shared, 1, enterprise="Q-works", by="key-2", now=NOW)
    assert [step.action for step in agreed.steps] == ["answered", "agreed", "granted"]
    assert agreed.answer.grant is not None and agreed.answer.grant.plants == ("P", "Q")
    assert {(w.gate, w.opens_at) for w in agreed.answer.grant.open} == {
        ("G", at("09:00")),
        ("H", at("08:00")),
    }


def test_a_swap_that_is_declined_binds_nothing(shared: Database) -> None:
    file(shared, SWAP)
    declined = requests.decline(shared, 1, enterprise="Q-works", by="key-2", now=NOW)
    assert declined.state == "declined"
    with pytest.raises(ConflictError, match="cannot be agreed to: declined by the other side"):
        requests.agree(shared, 1, enterprise="Q-works", by="key-2", now=NOW)


def test_a_swap_with_a_plant_that_is_not_there_is_refused(published: Database) -> None:
    swap = {"gate": "G", "from_instant": at("08:30"), "to_instant": at("10:00")}
    theirs = {"with_gate": "G", "their_from": at("10:00"), "their_to": at("11:00")}
    with pytest.raises(BadInputError, match="with itself"):
        file(published, SwapAsked(with_plant="P", **swap, **theirs))
    with pytest.raises(NotFoundError, match="no plant nobody"):
        file(published, SwapAsked(with_plant="nobody", **swap, **theirs))
