"""Tests an alert that lives for ten days, and what was really in force across all its seams.

Fushun, November 2015: yellow declared at 16:20, raised, extended twice, a late registry, a closed
road, an emergency run for a stock that is nearly empty, the rule of hour 120, lowered, lifted, and
back within the rules' gap.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from scheduler import alerts, datasets, recordings, requests, windows
from scheduler.domain.alert import Level
from scheduler.domain.answer import Standing
from scheduler.domain.conditions import RoadClosure
from scheduler.domain.recorded import Delivery, StockReading
from scheduler.domain.request import EmergencyAsked, Filing, RequestCase
from scheduler.store.database import Database
from solver.check import find_violations
from solver.checks.cycles import World
from solver.plan import Plan
from tests.scheduler.living_case import (
    Step,
    at,
    declared,
    load,
    revised,
    small_inputs,
    statement,
    step,
)

ALERT = "fushun-1"


def follow(database: Database, steps: list[Step], seam: str, alert: str = ALERT) -> Step:
    steps.append(step(database, alert, at(seam), at(seam) - timedelta(hours=1)))
    return steps[-1]


def instants(one: Step, until: datetime | None = None) -> Iterator[tuple[str, datetime, int]]:
    """Departures (leg, instant, trips) of a step, before an instant."""
    for row in one.decisions.departures:
        when = one.instance.grid.at(row.slot)
        if until is None or when < until:
            yield row.leg, when, row.trips


def open_at(one: Step) -> set[tuple[str, datetime]]:
    """Gates with the slots' starts in which they are open or not restricted."""
    grid, world = one.instance.grid, World(one.instance)
    found = {
        (w.gate, grid.at(t)) for w in one.decisions.windows for t in range(w.first_slot, w.end_slot)
    }
    for gate, plant in world.plant_of_gate.items():
        limits = world.limits_by_slot.get(plant.id, [None] * grid.n_slots)
        found |= {(gate, grid.at(t)) for t, limit in enumerate(limits) if limit is None}
    return found


def check_seam(one: Step, two: Step) -> None:
    """Nobody who is under way finds a gate shut, and what was to depart soon departs."""
    seam, slot_s = two.instance.grid.at(0), one.instance.grid.slot_s
    cycles, opened = World(one.instance).cycles, open_at(two)
    known = {leg.id for p in two.instance.plants for s in p.streams for leg in s.legs}
    last = two.instance.grid.at(two.instance.grid.n_slots)
    for leg, when, _ in instants(one, seam):
        for gate, offset_s in cycles[leg].going.passages:
            passed = when + timedelta(seconds=offset_s // slot_s * slot_s)
            if seam <= passed < last and leg in known:
                assert (gate, passed) in opened, f"{leg} of {when} is stranded at {gate}"
    notice = seam + two.notice_slots * timedelta(seconds=slot_s)
    published = min(notice, one.publication.published_until)
    kept = Counter({(leg, when): n for leg, when, n in instants(two)})
    assert two.revised is not None
    let_go = Counter[tuple[str, datetime]]()
    for row in two.revised.overrides:
        assert row.clause or row.law != "bar"
        let_go[row.leg, row.starts_at] += row.trips
    for leg, when, trips in instants(one, published):
        if when >= seam and leg in known:
            assert kept[leg, when] + let_go[leg, when] >= trips, f"{leg} of {when} moved"


def check_days(steps: list[Step]) -> None:
    """Over the seams a gate opens no more on a day than the most generous limit of it allows."""
    opened: dict[str, set[datetime]] = defaultdict(set)
    most: dict[tuple[str, str], int] = defaultdict(int)
    ends = [two.instance.grid.at(0) for _, two in pairwise(steps)]
    for one, end in zip(steps, [*ends, steps[-1].publication.published_until], strict=True):
        grid, world = one.instance.grid, World(one.instance)
        restricted = {
            (gate, grid.at(t))
            for gate, plant in world.plant_of_gate.items()
            for t, limit in enumerate(world.limits_by_slot.get(plant.id, []))
            if limit is not None
        }
        for gate, when in open_at(one) & restricted:
            if when < end:
                opened[gate].add(when)
        for gate, plant in world.plant_of_gate.items():
            for t, limit in enumerate(world.limits_by_slot.get(plant.id, [])):
                if limit is not None:
                    key = gate, f"{grid.at(t):%m-%d}"
                    most[key] = max(most[key], limit.max_open_slots_day)
    used = Counter((gate, f"{when:%m-%d}") for gate, slots in opened.items() for when in slots)
    locked = {(w.gate,) for one in steps for w in one.instance.state.locked_windows}
    over = {key: n for key, n in used.items() if n > most[key] and (key[0],) not in locked}
    assert over == {}


@pytest.mark.long
@pytest.mark.timeout(900)
def test_an_alert_of_ten_days(database: Database) -> None:
    steps = list[Step]()
    raised_and_extended(database, steps)
    changed_data(database, steps)
    back = ended_and_back(database, steps)
    for one in (*steps, back):
        whole = Plan(
            instance_digest=one.instance.digest, status="feasible", decisions=one.decisions
        )
        assert find_violations(one.instance, whole) == ()
    for one, two in pairwise(steps):
        check_seam(one, two)
    check_days(steps)


def raised_and_extended(database: Database, steps: list[Step]) -> None:
    with database.writing() as session:
        load(session, small_inputs(), at("06T12:00"))
    declared(database, ALERT, statement(Level.YELLOW, "06T16:20", "08T00:00", "1"), at("06T15:00"))
    steps.append(step(database, ALERT, None, at("06T15:30")))
    revised(database, ALERT, statement(Level.ORANGE, "07T20:00", "09T00:00", "2"), at("07T10:00"))
    follow(database, steps, "07T11:00")
    revised(database, ALERT, statement(Level.ORANGE, "07T20:00", "11T00:00", "3"), at("08T06:00"))
    follow(database, steps, "08T09:00")
    revised(database, ALERT, statement(Level.ORANGE, "07T20:00", None, "4"), at("09T02:00"))
    follow(database, steps, "09T05:00")


def changed_data(database: Database, steps: list[Step]) -> None:
    """A registry with more trucks, a closed road, a stock read empty, the rule of hour 120."""
    given = small_inputs()
    fleets = tuple(f.model_copy(update={"trucks": f.trucks + 2}) for f in given.registry.fleets)
    given = given._replace(registry=given.registry.model_copy(update={"fleets": fleets}))
    with database.writing() as session:
        load(session, given, at("09T20:00"))
    follow(database, steps, "09T21:00")
    shut = RoadClosure(
        link_id=busiest_road(steps[-1]),
        from_instant=at("10T08:00"),
        to_instant=at("10T14:00"),
        clause="bridge closed",
        source="test",
        status="read",
    )
    given = given._replace(conditions=given.conditions.model_copy(update={"closures": (shut,)}))
    with database.writing() as session:
        load(session, given, at("10T07:00"))
    closed = follow(database, steps, "10T08:00")
    assert closed.revised is not None
    assert all(row.clause == "bridge closed" for row in closed.revised.overrides)
    stock = eaten_stock(closed)
    with database.writing() as session:
        reading = StockReading(stock=stock, read_at=at("10T22:00"), kg=0)
        recordings.record(session, Delivery(source="plant", readings=(reading,)), at("10T22:00"))
    run = emergency_run(database, closed, stock)
    emergency = follow(database, steps, "10T23:00")
    check_run(database, run, emergency)
    assert emergency.revised is not None
    read = {item.where: item for item in emergency.revised.items if item.what == "stock"}
    assert (read[stock].origin, read[stock].source) == ("recorded", "plant")
    assert "trips-orange-120" in caps_of(follow(database, steps, "11T20:00")), "hour 120 is 16:20"


def emergency_run(database: Database, one: Step, stock: str) -> RequestCase:
    """Two trips for the stock that is nearly empty, filed, answered at once, and granted."""
    plant, stream = next(
        (plant.id, stream.id)
        for plant in one.instance.plants
        for stream in plant.streams
        if stream.stock == stock and stream.direction == "in"
    )
    asked = EmergencyAsked(
        stream=stream,
        trips=2,
        document="emergency 2015-7",
        from_instant=at("11T04:00"),
        to_instant=at("11T16:00"),
    )
    filing = Filing(alert=ALERT, plant=plant, asked=asked, reason="the stock is nearly empty")
    case = requests.file(database, filing, by="plant", now=at("10T21:30"))
    assert case.answer.kind in ("fits", "fits_if"), case.answer
    number = case.request.number
    return requests.grant(database, number, by="bureau", told="filed", now=at("10T21:40"))


def check_run(database: Database, run: RequestCase, one: Step) -> None:
    """The next publication has the run: its trips depart, of trucks called in, within its time."""
    with database.reading() as session:
        published = requests.get(session, run.request.number)
    assert (published.state, published.published_in) == ("published", one.publication.name)
    assert run.answer.grant is not None
    held = {(row.leg, row.starts_at): row.trips for row in run.answer.grant.trips}
    assert sum(held.values()) == 2
    departed = {(leg, when): trips for leg, when, trips in instants(one)}
    assert all(departed[key] == trips for key, trips in held.items())
    kinds = {s.id: s.kind for p in one.instance.plants for s in p.streams}
    asked = run.request.filing.asked
    assert isinstance(asked, EmergencyAsked)
    assert kinds[f"{asked.stream}:{run.request.name}"] == "emergency"


def ended_and_back(database: Database, steps: list[Step]) -> Step:
    revised(database, ALERT, statement(Level.YELLOW, "12T18:00", None, "5"), at("12T15:00"))
    follow(database, steps, "12T16:00")
    with database.writing() as session:
        lifted = {"ends_at": at("13T12:00"), "known_at": at("13T11:30")}
        alerts.lift(session, ALERT, document="6", by="Fushun", **lifted)
    with database.reading() as session:
        enterprise = datasets.newest_directory(session).plants[0].enterprise
        held = windows.of_enterprise(session, enterprise, at("13T11:59"))
        free = windows.of_enterprise(session, enterprise, at("13T12:00"))
    assert all(answer.standing is not Standing.NO_ALERT for answer in held)
    assert all(answer.standing is Standing.NO_ALERT for answer in free)
    declared(database, "fushun-2", statement(Level.ORANGE, "14T10:00", None, "7"), at("14T09:00"))
    back = step(database, "fushun-2", None, at("14T09:30"))
    assert caps_of(back) == {"trips-orange-120"}, "the same episode, far beyond hour 120"
    carried = {row.process: row.permitted_units for row in back.instance.state.processes}
    before = {row.process: row.permitted_units for row in steps[-1].instance.state.processes}
    assert before and all(carried[process] > units for process, units in before.items())
    return back


def caps_of(one: Step) -> set[str]:
    return {cut.id.partition("@")[0] for cut in one.instance.trip_cuts}


def busiest_road(one: Step) -> str:
    """The link that most planned trips drive."""
    ways = {path.id: path.links for path in one.instance.paths}
    legs = {leg.id: leg for p in one.instance.plants for s in p.streams for leg in s.legs}
    driven = Counter[str]()
    for row in one.decisions.departures:
        for link in ways[legs[row.leg].path_out]:
            driven[link] += row.trips
    return min(driven, key=lambda link: (-driven[link], link))


def eaten_stock(one: Step) -> str:
    """A stock that a process eats."""
    return min(
        item.stock
        for plant in one.instance.plants
        for process in plant.processes
        for item in process.recipe
        if item.consumes_kg
    )
