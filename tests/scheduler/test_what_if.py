"""Tests that scenarios are planned beside what is declared, compared, and never published."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from pydantic import ValidationError
from sqlmodel import Session
from typer import BadParameter

from scheduler import alerts, jobs, planning, plans, preparation, publication, what_if
from scheduler.cli.what_if import scenario_of
from scheduler.domain.alert import Level
from scheduler.domain.hours import HourRun
from scheduler.domain.publication import PlanRequest, SolveWork
from scheduler.domain.scenario import ClosedRoad, Scenario
from scheduler.domain.what_if import PlantOutcome, WhatIf
from scheduler.errors import BadInputError, ConflictError, NotFoundError
from scheduler.prepare.scenarios import inputs_in
from scheduler.store import jobs as job_repository
from scheduler.store.database import Database
from scheduler.told_what_if import csv_of, differs, picture_of, tables_of
from solver.check import find_violations
from solver.instance import TimeGrid
from tests.scheduler.living_case import at, declared, load, small_inputs, statement

WORK = SolveWork(time_limit_s=None, deterministic_limit=0.3, seed=0, workers=1)
NOW = at("06T15:00")
RED = Scenario(name="red", level=Level.RED)
LESS = Scenario(name="less", cut_percent=45)


def request_of(session: Session) -> PlanRequest:
    asked = preparation.ask_first_or_again(
        session,
        "fushun-1",
        None,
        now=NOW,
        hours=24,
        published_hours=24,
        work=WORK,
        slot_minutes=60,
    )
    return asked


@pytest.fixture
def alerted(database: Database) -> Database:
    with database.writing() as session:
        load(session, small_inputs(), at("06T12:00"))
    declared(database, "fushun-1", statement(Level.ORANGE, "06T16:00", None, "1"), NOW)
    return database


def worked(database: Database, found: WhatIf) -> WhatIf:
    """Every scenario planned in this process, as the worker's child does."""
    for _ in found.ordered:
        with database.writing() as session:
            claim = job_repository.claim(session, "test", NOW, timedelta(minutes=9))
        assert claim is not None
        planning.carry_out(database, claim, lambda _: None, lambda: False)
    with database.reading() as session:
        return what_if.find(session, found.id)


def test_scenarios_are_planned_beside_what_is_declared(alerted: Database) -> None:
    with alerted.writing() as session:
        before = alerts.list_alerts(session)
        found = what_if.ask(session, request_of(session), (RED, LESS), NOW)
    assert [row.scenario.name for row in found.ordered] == ["as-declared", "red", "less"]
    assert (found.outcomes, found.is_over) == ((), False)
    done = worked(alerted, found)
    assert done.is_over
    assert [o.scenario.name for o in done.outcomes] == ["as-declared", "red", "less"]
    with alerted.reading() as session:
        assert alerts.list_alerts(session) == before
        for outcome in done.outcomes:
            instance, plan = plans.get_files(session, plans.get_record(session, outcome.plan))
            assert find_violations(instance, plan) == ()
            cuts = {cut.cut_percent for cut in instance.trip_cuts}
            assert (cuts == {45}) == (outcome.scenario == LESS)
        assert [group.id for group in what_if.list_groups(session)] == [done.id]
    declared_, red, _ = done.outcomes
    assert all(row.fares == "same" for row in declared_.plants)
    assert red.losing == sum(row.fares == "loses" for row in red.plants)
    for outcome in done.outcomes:
        with alerted.writing() as session:
            with pytest.raises(ConflictError, match="nobody declared"):
                publication.publish(
                    session, outcome.plan, in_force_from=at("06T16:00"), by="x", known_at=NOW
                )
            assert publication.list_publications(session) == []
    shown(done)


def shown(done: WhatIf) -> None:
    stages, plants = tables_of(done)
    assert len(plants.rows) == sum(len(o.plants) for o in done.outcomes)
    assert csv_of(stages).splitlines()[0].split(",")[0] == "scenario"
    base = [row for row in stages.rows if row[0] == "as-declared"]
    assert all(row[-1] == 0 for row in base)
    picture = ElementTree.fromstring(picture_of(done, "zh-CN"))
    told = {element.text for element in picture.iter() if element.tag.endswith("text")}
    assert {"按已宣布", "red", "less"} <= told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ((), "0 scenarios"),
        ((RED, RED), "red stands twice"),
        ((Scenario(name="none"),), "none changes nothing"),
        ((Scenario(name="as-declared", level=Level.RED),), "as-declared stands twice"),
        ((Scenario(name="r", closed=(ClosedRoad(link="nowhere"),)),), "no link nowhere"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_nothing_queued(
    alerted: Database, asked: tuple[Scenario, ...], told: str
) -> None:
    with alerted.writing() as session:
        with pytest.raises(BadInputError, match=told):
            what_if.ask(session, request_of(session), asked, NOW)
        assert jobs.list_jobs(session) == []
        with pytest.raises(NotFoundError):
            what_if.find(session, "x")


def test_cancelling_ends_all_that_waits(alerted: Database) -> None:
    with alerted.writing() as session:
        found = what_if.ask(session, request_of(session), (RED,), NOW)
        done = what_if.cancel(session, found.id, NOW)
    assert [str(row.job.state) for row in done.ordered] == ["cancelled", "cancelled"]


def test_a_scenario_changes_just_what_it_names() -> None:
    given = small_inputs()
    grid = TimeGrid(
        start="2015-11-06T16:00:00+08:00", slot_minutes=60, n_slots=24, interval_slots=4
    )
    assert inputs_in(Scenario(name="none"), given, grid) == given
    night = inputs_in(scenario_of("night:shut=07:00-19:00"), given, grid)
    runs = {(rule.hours, rule.polarity) for rule in night.measures.window_limits}
    assert runs == {((HourRun(420, 1140),), "forbid")}
    assert night.measures.trip_caps == given.measures.trip_caps
    less = inputs_in(LESS, given, grid)
    assert {rule.cut_percent for rule in less.measures.trip_caps} == {45}
    capped = {level for rule in less.measures.trip_caps for level in rule.levels}
    assert capped == set(Level), "levels without a cut of trips get one"
    link = given.network.links[0].link_id
    span = "2015-11-06T18:00/2015-11-06T20:00"
    shut = inputs_in(scenario_of(f"road:closed={link}@{span}"), given, grid)
    (closure,) = shut.conditions.closures[len(given.conditions.closures) :]
    span = closure.from_instant, closure.to_instant
    assert (closure.link_id, span) == (link, (at("06T18:00"), at("06T20:00")))
    with pytest.raises(ValueError, match="no such link"):
        inputs_in(scenario_of("road:closed=nowhere"), given, grid)


@pytest.mark.parametrize("text", ["bare", "x:level", "x:colour=red"])
def test_a_scenario_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises((BadParameter, ValidationError)):
        scenario_of(text)


def test_scenarios_are_told_in_both_languages() -> None:
    both = scenario_of("x:level=red,cut=30")
    assert differs(both, "en") == "level: Red alert; trips are cut by 30 %"
    assert differs(both, "zh-CN") == "预警级别：红色预警; 车次削减 30 %"
    assert differs(Scenario(name="as-declared"), "en") == "all as it is declared"


def plant(**fields: object) -> PlantOutcome:
    return PlantOutcome.model_validate({"plant": "P"} | fields)


@pytest.mark.parametrize(
    ("now", "then", "told"),
    [
        ({"made_utrip": 1_999_999}, {"made_utrip": 1_000_000}, "same"),
        ({"made_utrip": 2_000_000}, {"made_utrip": 1_000_000}, "gains"),
        ({"made_utrip": -1}, {"made_utrip": 1_000_000}, "loses"),
        ({"made_utrip": 9_000_000, "safety_missing": 1}, {"made_utrip": 0}, "loses"),
        ({"free": True}, {"made_utrip": 9_000_000}, "gains"),
        ({}, {"free": True}, "loses"),
        ({"free": True}, {"free": True}, "same"),
    ],
)
def test_a_plant_gains_by_freedom_then_safety_then_whole_trips(
    now: dict[str, object], then: dict[str, object], told: str
) -> None:
    assert what_if.fares(plant(**now), plant(**then)) == told
