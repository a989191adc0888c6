"""Tests that what requests were granted becomes part of the next publication, as data of its
instance that plan, checker and replay see."""

from datetime import timedelta

import pytest

from scheduler import asking, preparation, replay, requests
from scheduler.domain.alert import Level
from scheduler.domain.request import (
    Asked,
    EmergencyAsked,
    Filing,
    GiveBackAsked,
    GiveBackTripsAsked,
    MoreTripsAsked,
    RequestCase,
)
from scheduler.domain.verdict import Outcome
from scheduler.store.database import Database
from solver.asked_window import windows_of
from solver.check import find_violations
from solver.checks.cycles import World
from solver.instance import Plant
from solver.plan import Plan
from tests.scheduler.living_case import (
    WORK,
    Step,
    at,
    declared,
    load,
    small_inputs,
    statement,
    step,
)

ALERT = "fushun-1"
FIRST = "06T16:20"


def first_plan(database: Database) -> Step:
    with database.writing() as session:
        load(session, small_inputs(), at("06T12:00"))
    declared(database, ALERT, statement(Level.ORANGE, FIRST, None, "1"), at("06T15:00"))
    return step(database, ALERT, None, at("06T15:30"))


def file(database: Database, plant: str, asked: Asked) -> RequestCase:
    filing = Filing(alert=ALERT, plant=plant, asked=asked, reason="test")
    return requests.file(database, filing, by="bureau", now=at("06T17:00"))


def granted(database: Database, case: RequestCase) -> RequestCase:
    assert not case.answer.is_no, case.answer
    return requests.grant(database, case.request.number, by="bureau", told="", now=at("06T17:10"))


def last_window(one: Step, plant: Plant, before: str) -> tuple[str, int, int]:
    """The last published window of a plant's gates that ends before an instant."""
    grid = one.instance.grid
    end = (at(before) - grid.at(0)) // timedelta(minutes=grid.slot_minutes)
    return max(
        (
            (gate.id, *window)
            for gate in plant.gates
            for window in windows_of(one.decisions, gate.id)
            if window[1] <= end
        ),
        key=lambda row: row[1:],
    )


@pytest.mark.long
@pytest.mark.timeout(900)
def test_what_was_granted_is_part_of_the_next_publication(database: Database) -> None:
    one = first_plan(database)
    grid, (giver, runner, *_) = one.instance.grid, one.instance.plants
    gate, first, end = last_window(one, giver, "07T16:00")
    back = GiveBackAsked(gate=gate, from_instant=grid.at(first), to_instant=grid.at(end))
    given = granted(database, file(database, giver.id, back))
    inward = next(s for s in runner.streams if s.direction == "in")
    span = {"from_instant": at("07T00:00"), "to_instant": at("07T12:00")}
    more = granted(
        database, file(database, runner.id, MoreTripsAsked(stream=inward.id, trips=1, **span))
    )
    emergency = EmergencyAsked(stream=inward.id, trips=2, document="e-1", **span)
    run = granted(database, file(database, runner.id, emergency))
    assert run.answer.beside == (1, 2)

    two = step(database, ALERT, at("06T19:00"), at("06T18:30"))
    plan = Plan(instance_digest=two.instance.digest, status="feasible", decisions=two.decisions)
    assert find_violations(two.instance, plan) == ()
    opened = {(w.gate, two.instance.grid.at(t)) for w in two.decisions.windows
              for t in range(w.first_slot, w.end_slot)}  # fmt: skip
    assert not opened & {(gate, grid.at(t)) for t in range(first, end)}, "given back"
    departed = {(d.leg, two.instance.grid.at(d.slot)): d.trips for d in two.decisions.departures}
    for case in (more, run):
        assert case.answer.grant is not None and case.answer.grant.trips
        for row in case.answer.grant.trips:
            assert departed[row.leg, row.starts_at] >= row.trips
    with database.reading() as session:
        states = {
            case.request.number: (case.state, case.published_in)
            for case in requests.list_requests(session)
        }
        assert asking.base_of(session, ALERT).beside == ()
    number = given.request.number
    assert states == dict.fromkeys((number, 2, 3), ("published", two.publication.name))
    assert replay.replay(database, two.publication.name).outcome is not Outcome.BROKEN

    three = step(database, ALERT, at("06T22:00"), at("06T21:30"))
    later = {(d.leg, three.instance.grid.at(d.slot)): d.trips for d in three.decisions.departures}
    assert all(
        later[row.leg, row.starts_at] >= row.trips
        for case in (more, run)
        if case.answer.grant is not None
        for row in case.answer.grant.trips
    ), "what was granted binds every later plan until its time is over"


def test_what_binds_a_plan_is_read_again_for_its_replay(database: Database) -> None:
    one = first_plan(database)
    plant = one.instance.plants[0]
    gate, first, end = last_window(one, plant, "07T16:00")
    grid = one.instance.grid
    back = GiveBackAsked(gate=gate, from_instant=grid.at(first), to_instant=grid.at(end))
    granted(database, file(database, plant.id, back))
    with database.writing() as session:
        request = preparation.ask_again(session, ALERT, at("06T19:00"), 36, 24, WORK)
        stored = preparation.stored_of(session, request)
    made = [preparation.prepare(stored).instance for _ in range(2)]
    assert made[0].digest == made[1].digest
    bars = [bar for bar in made[0].bars if bar.gates == (gate,)]
    assert [bar.clause for bar in bars] == ["企业申请第1号 (request 1)"]


def published_of(one: Step, plant: Plant, until: str) -> dict[str, set[tuple[object, ...]]]:
    """Windows that end, and trips that depart, after 22:00 and by an instant."""
    at_slot, span = one.instance.grid.at, (at("06T22:00"), at(until))
    gates = {gate.id for gate in plant.gates}
    legs = {leg.id for stream in plant.streams for leg in stream.legs}
    return {
        "windows": {
            (w.gate, at_slot(w.first_slot), at_slot(w.end_slot))
            for w in one.decisions.windows
            if w.gate in gates and span[0] < at_slot(w.end_slot) <= span[1]
        },
        "trips": {
            (d.leg, at_slot(d.slot), d.trips)
            for d in one.decisions.departures
            if d.leg in legs and span[0] < at_slot(d.slot) <= span[1]
        },
    }


def test_what_is_not_given_back_stays_as_published(database: Database) -> None:
    """A window and one trip are given back; in two re-plans all else of the plant stays."""
    one = first_plan(database)
    grid, plant = one.instance.grid, one.instance.plants[0]
    gate, first, end = last_window(one, plant, "07T16:00")
    window = (gate, grid.at(first), grid.at(end))
    before = published_of(one, plant, "07T16:00")
    back = GiveBackAsked(gate=gate, from_instant=grid.at(first), to_instant=grid.at(end))
    given = granted(database, file(database, plant.id, back))
    kept = {row for row in before["trips"] if not _in_window(one, row, window)}
    leg, departs, n = max(kept, key=lambda row: (row[2], row[:2]))
    fewer = GiveBackTripsAsked(
        stream=next(s.id for s in plant.streams if leg in {x.id for x in s.legs}),
        trips=1,
        from_instant=departs,
        to_instant=departs + timedelta(hours=1),
    )
    granted(database, file(database, plant.id, fewer))
    assert given.answer.grant is not None and given.answer.grant.trips == ()
    expected = {
        "windows": before["windows"] - {window},
        "trips": kept - {(leg, departs, n)} | {(leg, departs, n - 1)},
    }
    assert len(expected["windows"]) > 1
    for seam, now in (("06T19:00", "06T18:30"), ("06T22:00", "06T21:30")):
        again = step(database, ALERT, at(seam), at(now))
        assert again.instance.in_force is not None
        assert plant.id in again.instance.in_force.unchanged
        assert published_of(again, plant, "07T16:00") == expected, seam
        assert again.revised is not None
        assert plant.id not in {row.plant for row in again.revised.changes if row.windows}


def _in_window(one: Step, row: tuple[object, ...], window: tuple[object, ...]) -> bool:
    """Whether trips of a departure pass a gate in a window."""
    cycle, slot = World(one.instance).cycles[str(row[0])], timedelta(hours=1)
    passed = (
        (gate, row[1] + offset_s // one.instance.grid.slot_s * slot)
        for gate, offset_s in cycle.going.passages
    )
    return any(gate == window[0] and window[1] <= t < window[2] for gate, t in passed)
