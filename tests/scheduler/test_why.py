"""Tests that an enterprise is told why its plants fall short in what is in force."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner, Result

from scheduler import publication, why
from scheduler.cli import app
from scheduler.domain.why import (
    Forced,
    Object,
    SolvedCause,
    SolvedRemedy,
    TripDisplaces,
    TripPrice,
    TripsShifted,
)
from scheduler.domain.why_not import Named
from scheduler.errors import NotFoundError
from scheduler.store.database import Database
from scheduler.told_displaced import displaced_in_words
from scheduler.told_why import (
    cause_in_words,
    forced_in_words,
    price_in_words,
    remedy_in_words,
    told_why,
)
from solver.explain import causes
from solver.window_answer import StageChange
from tests.scheduler.case import START, put_plan, put_unsafe_plan, worked_plan

NINE = START + timedelta(hours=1)


def test_the_causes_are_those_that_are_solved(published: Database) -> None:
    """The hand-made plan runs below what it may: the plant planned again alone loses nothing."""
    with published.reading() as session:
        (asked,) = why.ask(session, "P-works", NINE)
    told = why.solve(asked)
    assert (told.card.plant, told.publication) == ("P", "a-1/1")
    instance, plan = worked_plan()
    found = causes(instance, plan, "P", work=why.WORK)
    assert found
    assert [(c.stage, c.before, c.after, c.proved) for c in told.causes] == [
        (c.stage, c.shortfall_before, c.shortfall_after, c.proved) for c in found
    ]
    assert [[o.law for o in c.objects] for c in told.causes] == [
        [b.law for b in c.objects] for c in found
    ]


def test_who_is_not_scheduled_is_told_so(published: Database) -> None:
    with published.reading() as session:
        with pytest.raises(NotFoundError, match="no enterprise nobody"):
            why.ask(session, "nobody", NINE)
        with pytest.raises(NotFoundError, match="no plant of X-works is scheduled"):
            why.ask(session, "X-works", NINE)
        with pytest.raises(NotFoundError, match="no plant of P-works is scheduled"):
            why.ask(session, "P-works", START - timedelta(minutes=1))


def cuofeng(database: Database, *arguments: str) -> Result:
    address = database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(app, arguments, env={"CUOFENG_DATABASE_URL": address})


def test_the_command_tells_it_in_both_languages(published: Database) -> None:
    asked = ("why", "P-works", "--at", "2026-01-05T09:00")
    chinese = cuofeng(published, *asked)
    assert chinese.exit_code == 0, chinese.stderr
    assert "P厂（a-1/1）：允许产出损失" in chinese.stdout
    assert "单独重排本厂可挽回" in chinese.stdout
    english = cuofeng(published, *asked, "--lang", "en").stdout
    assert "P works (a-1/1): " in english
    assert "left by the search" in english
    (row,) = json.loads(cuofeng(published, *asked, "--json").stdout)
    assert row["causes"][0]["objects"][0]["law"] == "search"
    assert cuofeng(published, "why", "nobody").exit_code == 2


def cause(*objects: Object, proved: bool = True) -> SolvedCause:
    return SolvedCause(
        stage="output_shortfall",
        unit="trip / 1000000",
        objects=objects,
        before=5_000_000,
        after=1_500_000,
        proved=proved,
    )


def test_a_cause_in_words_names_clause_object_and_hours() -> None:
    limit = Object(
        law="window_shape",
        where="windows-red@P:0",
        part="max_open_slots_day",
        clause="每日开放不超过8小时",
        binds=((START, NINE),),
    )
    road = Object(law="link_capacity", where="G15-7", part="", clause="", binds=())
    assert cause_in_words(cause(limit), "zh-CN") == (
        "时段规则: 每日开放不超过8小时 [windows-red@P:0] (01-05 08:00 - 09:00)；"
        "放宽后重新求解可挽回 3.50 车次当量（已证明不放宽则做不到）"
    )
    assert cause_in_words(cause(limit, road, proved=False), "en") == (
        "only together: Window rules: 每日开放不超过8小时 [windows-red@P:0] "
        "(01-05 08:00 - 09:00); Road capacity: G15-7; relaxed and solved again, they give "
        "back 3.50 trips' worth (not proved impossible without)"
    )


def test_what_forces_a_shortfall_is_told_with_all_that_it_needs() -> None:
    cap = Object(law="trip_cap", where="C", part="", clause="art. 2", binds=((START, NINE),))
    hand = Object(law="stock_balance", where="ore", part="now_kg", clause="", binds=())
    forced = Forced(
        stage="output_shortfall", value=5_000_000, objects=(cap, hand), irreducible=True
    )
    assert forced_in_words(forced, "en") == (
        "Output shortfall is forced by these together; without any one of them it could fall "
        "(each left out and solved): Trip cap: art. 2 [C] (01-05 08:00 - 09:00); "
        "Stock balance: ore what is in hand at the start"
    )
    assert "缺一即可减少" in forced_in_words(forced, "zh-CN")
    spare = forced.model_copy(update={"irreducible": False})
    assert "其中或有多余" in forced_in_words(spare, "zh-CN")
    alone = forced.model_copy(update={"objects": ()})
    assert "whatever law gives way" in forced_in_words(alone, "en")


def test_remedies_that_help_only_together_are_one_line() -> None:
    cut = remedy(law="trip_cap", where="C", unit="percent", amount=20)
    assert remedy_in_words([remedy(), cut], "en").startswith(
        "would remove it: 2 more trucks of n6-rigid + C: 20 percent points less cut of trips"
    )


def test_the_price_of_one_more_trip_is_told_as_an_estimate() -> None:
    named = Named(id="Q", name_zh="Q厂", name_en="Q works")
    price = TripPrice(
        stream="ore", leg="ore.heavy", departs_at=NINE, own=72_000, others=2_003, displaced=(named,)
    )
    assert price_in_words(price, "en") == (
        "one more trip of ore: cheapest at 01-05 09:00, exposure 72,000 of its own, and roads "
        "worth 2,003 by their prices (price estimate, not solved), which Q works take most of then"
    )
    alone = price.model_copy(update={"displaced": ()})
    assert price_in_words(alone, "zh-CN") == (
        "多一趟 ore：最省为 01-05 09:00 出发，自身暴露量 72,000，按道路价格所占道路值 2,003"
        "（价格估计，未求解）"
    )


def remedy(**fields: object) -> SolvedRemedy:
    told: dict[str, object] = {
        "stage": "output_shortfall",
        "law": "fleet",
        "where": "n6-rigid",
        "part": "",
        "amount": 2,
        "unit": "truck",
        "spans": (),
        "before": 3_500_000,
        "after": 0,
        "least": True,
    }
    return SolvedRemedy.model_validate({**told, **fields})


@pytest.mark.parametrize(
    ("fields", "chinese", "english"),
    [
        ({}, "n6-rigid 增加 2 辆", "would remove it: 2 more trucks of n6-rigid (solved"),
        (
            {"law": "stock_balance", "where": "ore", "part": "now_kg", "unit": "kg"}
            | {"amount": 79_500, "after": 500_000},
            "可减少缺口：预警前 ore 多备 80 吨",
            "would lower it: 80 t more of ore in hand before the alert",
        ),
        (
            {"law": "link_capacity", "where": "G15-7", "unit": "slot", "amount": 2}
            | {"spans": ((START, NINE),), "least": False},
            "G15-7 在 01-05 08:00 - 09:00 放行本厂车辆（2 个时隙）",
            "room for its trucks on G15-7 in 01-05 08:00 - 09:00 (2 slots)",
        ),
        (
            {"law": "bar", "where": "B", "unit": "slot", "amount": 2, "spans": ((START, NINE),)},
            "B 在 01-05 08:00 - 09:00 不禁行（2 个时隙）",
            "B lifted in 01-05 08:00 - 09:00 (2 slots)",
        ),
        (
            {"law": "window_shape", "where": "W", "part": "max_slots", "unit": "slot"},
            "W 最长时段放宽 2 个时隙",
            "W, longest window: 2 slots of room",
        ),
        (
            {"law": "window_shape", "where": "W", "part": "max_windows_day", "unit": "window"},
            "每日时段数增加 2 个",
            "most windows a day: 2 more",
        ),
        (
            {"law": "end_stock", "where": "ore", "part": "end_min_kg", "unit": "kg"},
            "ore 期末最低库存放宽 1 吨",
            "ore, least stock at the end: 1 t of room",
        ),
        ({"law": "trip_cap", "unit": "percent"}, "降低 2 个百分点", "2 percent points less cut"),
        ({"law": "gate_window", "unit": "passage"}, "多放行 2 车次", "2 more passages a slot"),
    ],
)
def test_a_remedy_in_words_says_how_much_of_what(
    fields: dict[str, object], chinese: str, english: str
) -> None:
    made = remedy(**fields)
    assert chinese in remedy_in_words([made], "zh-CN")
    assert english in remedy_in_words([made], "en")
    proof = "less is proved not to" if made.least else "less may do as well"
    assert remedy_in_words([made], "en").endswith(f"{proof})")
    told = f"gives back {(made.before - made.after) / 1_000_000:.2f} trips' worth"
    assert told in remedy_in_words([made], "en")


def test_measures_are_told_with_their_clauses(published: Database) -> None:
    with published.reading() as session:
        (asked,) = why.ask(session, "P-works", NINE)
    lines = list(told_why(why.solve(asked), "en"))
    assert lines[1] == "Gates pass trucks in windows only: art. 1 (01-05 08:00 - 12:00)"


def test_a_plan_is_asked_about_before_it_is_published(database: Database) -> None:
    with database.writing() as session:
        put_plan(session)
    with database.reading() as session:
        assert why.ask_plan(session, "plan-1", None) == ()
        (asked,) = why.ask_plan(session, "plan-1", "P-works")
        with pytest.raises(NotFoundError, match="schedules no plant of X-works"):
            why.ask_plan(session, "plan-1", "X-works")
    assert (asked.plant.card.plant, asked.publication) == ("P", "plan-1")
    assert cuofeng(database, "why", "--plan", "plan-1", "P-works").exit_code == 0
    assert cuofeng(database, "why").exit_code == 2


@pytest.fixture
def unsafe(database: Database) -> Database:
    with database.writing() as session:
        put_plan(session)
        put_unsafe_plan(session)
    return database


def test_whom_a_plan_does_not_keep_safe_is_told_before_it_is_published(unsafe: Database) -> None:
    """Ten a furnace needs, for the four hours: nothing is published until that is acknowledged."""
    start = ("--from", "2126-01-05T08:00")
    refused = cuofeng(unsafe, "publish", "plan-2", "--by", "b", *start)
    assert refused.exit_code == 2
    chinese, english = refused.stderr.splitlines()[:2]
    assert chinese.startswith("P厂 无法保证安全生产：240 分钟")
    assert english.startswith("P works cannot be kept safe: 240 minutes below its least rate.")
    assert "cuofeng why --plan plan-2" in english
    assert "then publish and acknowledge it" in refused.stderr
    with unsafe.reading() as session:
        assert publication.list_publications(session) == []
    made = cuofeng(unsafe, "publish", "plan-2", "--by", "b", *start, "--acknowledge-unsafe")
    assert (made.exit_code, made.stdout) == (0, "published a-1/1\n")
    assert "P works cannot be kept safe" in made.stderr


def test_a_plan_that_keeps_all_safe_needs_no_acknowledgement(unsafe: Database) -> None:
    made = cuofeng(unsafe, "publish", "plan-1", "--by", "b", "--from", "2126-01-05T08:00")
    assert (made.exit_code, made.stderr) == (0, "")


def test_the_bureaus_options_for_an_unsafe_plant_are_solved(unsafe: Database) -> None:
    told = cuofeng(unsafe, "why", "--plan", "plan-2", "--lang", "en").stdout
    assert "trips of safe production beside the cap of P (1 measures)" in told
    assert "t more of ore in hand before the alert" in told
    assert "Safety shortfall is forced by these together" in told


def displaces(**fields: object) -> TripDisplaces:
    named = Named(id="Q", name_zh="Q厂", name_en="Q works")
    shift = TripsShifted(plant=named, stream="coal", lost=1, added=0, moved=2)
    rows = (("output_shortfall", 0, 3_200_016), ("exposure", 40, 76), ("windows", 5, 5))
    stages = tuple(StageChange(stage=s, before=b, after=a) for s, b, a in rows)
    told = {"stream": "ore", "kind": "costs", "others": (named,), "shifts": (shift,)}
    return TripDisplaces.model_validate({**told, "stages": stages, "least": True, **fields})


def test_what_one_more_trip_displaces_is_told_with_what_it_costs() -> None:
    assert displaced_in_words(displaces(), "en") == (
        "one more trip of ore: safety or output gets worse (solved): Q works, coal: 1 fewer, "
        "2 at another time or way; Output shortfall 0.0 trips -> 3.2 trips; "
        "Exposure 40 -> 76"
    )
    assert displaced_in_words(displaces(), "zh-CN") == (
        "多一趟 ore：安全或产量会变差（已求解）：Q厂 coal 少 1 趟、2 趟改时或改道；"
        "产量缺口 0.0 车次 → 3.2 车次；暴露量 40 → 76"
    )
    alone = displaces(kind="room", others=(), shifts=(), stages=(), least=False)
    assert displaced_in_words(alone, "en").endswith(
        "no stage changes; not proved to be the least change"
    )
    for kind in ("cannot", "undecided"):
        assert "Q works" in displaced_in_words(displaces(kind=kind), "en")
        assert "Q厂" not in displaced_in_words(displaces(kind=kind, others=()), "zh-CN")


def test_what_one_more_trip_displaces_is_solved_for_every_stream(published: Database) -> None:
    """Each stream of the plant once, and nothing where the horizon is over."""
    with published.reading() as session:
        (asked,) = why.ask(session, "P-works", NINE)
    told = why.solve(asked).trip_displaces
    (plant,) = asked.instance.plants
    assert [row.stream for row in told] == sorted(s.id for s in plant.streams if s.legs)
    assert all(row.kind != "undecided" and row.least for row in told)
    over = asked._replace(settled_slots=asked.instance.grid.n_slots)
    assert why.solve(over).trip_displaces == ()
