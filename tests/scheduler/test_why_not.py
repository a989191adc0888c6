"""Tests that a window asked for is answered from what is in force and from files alone, with its
instants, in both languages."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scheduler import why_not
from scheduler.cli import app
from scheduler.domain.why_not import BarredBy, GateSpan, Named, WhyNot
from scheduler.errors import BadInputError, NotFoundError
from scheduler.store.database import Database
from scheduler.told_window import told
from scheduler.why_not import Wanted
from solver.check import check
from solver.instance import read_instance
from solver.plan import Plan
from tests.scheduler.case import START, at, worked_plan


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, ...]:
    instance, plan = worked_plan()
    (tmp_path / "i.json").write_bytes(instance.canonical())
    (tmp_path / "p.json").write_text(plan.model_dump_json())
    return ("--instance", str(tmp_path / "i.json"), "--plan", str(tmp_path / "p.json"))


def cuofeng(database: Database | None, *arguments: str) -> Result:
    env = {}
    if database is not None:
        address = database.engine.url.render_as_string(hide_password=False)
        env["CUOFENG_DATABASE_URL"] = address
    return CliRunner().invoke(app, arguments, env=env)


def ask(database: Database, **wanted: str) -> WhyNot:
    with database.reading() as session:
        (question,) = why_not.ask(session, "P-works", at("09:00"), Wanted(**wanted))
    return why_not.solve(question)


def test_a_window_in_exchange_fits_what_is_in_force(published: Database) -> None:
    """The plan opens from 08:30 to 10:00; bare hours are the next ones from 09:00 on."""
    answer = ask(published, window="10:00-11:30", instead_of="2026-01-05T08:30/2026-01-05T10:00")
    assert (answer.kind, answer.publication, answer.plant.name_zh) == ("fits", "a-1/1", "P厂")
    assert (answer.asked.opens_at, answer.asked.closes_at) == (at("10:00"), at("11:30"))
    (row,) = answer.moved
    assert [(w.opens_at, w.closes_at) for w in row.before] == [(at("08:30"), at("10:00"))]
    assert [(w.opens_at, w.closes_at) for w in row.after] == [(at("10:00"), at("11:30"))]
    instance, _ = worked_plan()
    assert answer.plan is not None and check(instance, answer.plan).ok


def test_a_window_longer_than_allowed_names_the_clause(published: Database) -> None:
    answer = ask(published, window="2026-01-05T08:00/PT4H", gate="G")
    assert answer.kind == "barred"
    (reason,) = answer.reasons
    assert (reason.law, reason.where, reason.part, reason.clause) == (
        "window_shape",
        "W",
        "max_slots",
        "art. 1",
    )
    assert reason.spans == ((START, at("12:00")),)


def test_what_cannot_be_asked_is_refused(published: Database) -> None:
    with published.reading() as session:
        for wanted, fault in (
            (Wanted("10:00-11:00", gate="X"), "no gate X. Gates: G"),
            (Wanted("10:00-11:00", instead_of="09:00-10:00"), "no gate has 09:00-10:00"),
            (Wanted("10:00-13:00"), "not within what is planned"),
            (Wanted("whenever"), "no stretch of time"),
        ):
            with pytest.raises(BadInputError, match=fault):
                why_not.ask(session, "P-works", at("09:00"), wanted)
        with pytest.raises(NotFoundError, match="no enterprise nobody"):
            why_not.ask(session, "nobody", at("09:00"), Wanted("10:00-11:00"))


def test_what_cannot_be_asked_is_told_in_both_languages(published: Database) -> None:
    asked = ("why-not", "P-works", "--at", "2026-01-05T09:00", "--window")
    chinese, english = cuofeng(published, *asked, "10:00").stderr.splitlines()
    assert chinese.startswith("10:00 不是时段。请写作 ")
    assert english.startswith("10:00 is no stretch of time. Write ")
    chinese, english = cuofeng(published, *asked, "10:00-11:00", "--gate", "X").stderr.splitlines()
    assert (chinese, english) == ("没有门 X。现有：G。", "there is no gate X. Gates: G.")


def test_the_command_answers_of_what_is_in_force(published: Database) -> None:
    asked = ("why-not", "P-works", "--at", "2026-01-05T09:00", "--window", "10:00-11:30")
    chinese = cuofeng(published, *asked)
    assert chinese.exit_code == 0, chinese.stderr
    assert "P厂 G 01-05 10:00 - 11:30：" in chinese.stdout
    english = cuofeng(published, *asked, "--lang", "en").stdout
    assert "P works, G, 01-05 10:00 - 11:30: " in english
    (row,) = json.loads(cuofeng(published, *asked, "--json").stdout)
    assert row["asked"]["opens_at"] == "2026-01-05T02:00:00Z"


def test_the_command_answers_of_files_alone(files: tuple[str, ...]) -> None:
    asked = ("why-not", *files, "--plant", "P", "--window", "10:00-11:30", "--lang", "en")
    answer = cuofeng(None, *asked, "--instead-of", "08:30-10:00")
    assert answer.exit_code == 0, answer.stderr
    assert "it fits: all others unchanged" in answer.stdout
    assert "P: 01-05 08:30 - 10:00 -> 01-05 10:00 - 11:30" in answer.stdout
    (row,) = json.loads(cuofeng(None, *asked, "--instead-of", "08:30-10:00", "--json").stdout)
    plan = Plan.model_validate_json(json.dumps(row["plan"]))
    assert check(read_instance(Path(files[1]).read_bytes()), plan).ok


@pytest.mark.parametrize(
    "arguments",
    [
        ("--window", "10:00-11:00"),
        ("P-works", "--window", "10:00-11:00", "FILES"),
        ("--window", "10:00-11:00", "--plant", "P"),
        ("FILES", "--window", "10:00-11:00"),
        ("FILES", "--plant", "nobody", "--window", "10:00-11:00"),
        ("FILES", "--plant", "P", "--window", "10:00"),
    ],
)
def test_a_command_that_asks_nothing_fails(
    arguments: tuple[str, ...], files: tuple[str, ...]
) -> None:
    given = [part for a in arguments for part in (files if a == "FILES" else (a,))]
    assert cuofeng(None, "why-not", *given).exit_code == 2


def test_a_plan_of_another_instance_is_refused() -> None:
    instance, plan = worked_plan()
    other = instance.model_copy(update={"name": "other"})
    with pytest.raises(BadInputError, match="not of this instance"):
        why_not.ask_files(other, plan, "P", Wanted("10:00-11:00"))


def named(id: str) -> Named:
    return Named(id=id, name_zh=f"{id}厂", name_en=f"{id} works")


def barred(law: str, where: str, part: str = "", clause: str = "", sharers: str = "") -> BarredBy:
    spans = ((at("10:00"), at("11:00")),)
    return BarredBy(
        law=law,
        where=where,
        part=part,
        clause=clause,
        spans=() if law == "stage" else spans,
        sharers=tuple(map(named, sharers)),
    )


def test_every_answer_is_told_in_words_with_its_reasons() -> None:
    answer = WhyNot(
        plant=named("P"),
        publication=None,
        asked=GateSpan(gate="G", opens_at=at("10:00"), closes_at=at("11:00")),
        instead_of=(at("23:00"), at("01:00", day=6)),
        kind="no_nearby",
        reasons=(
            barred("window_shape", "W", "max_slots", "art. 1"),
            barred("link_capacity", "b", sharers="QR"),
            barred("fleet", "heavy"),
            barred("stage", "exposure"),
        ),
        nearest=((at("08:00"), at("09:00")),),
        neighbourhoods=((named("Q"),),),
        open_neighbourhoods=((named("Q"), named("R")),),
        clocked=True,
    )
    assert list(told(answer, "en")) == [
        "P works, G, 01-05 10:00 - 11:00 (instead of 01-05 23:00 - 01-06 01:00): "
        "no: not with all others unchanged, nor with the plants tried",
        "planned anew together with Q works: no, exactly",
        "planned anew together with Q works, R works: not decided within the work allowed, "
        "so the answer does not speak of them",
        "a clock ended a second solve: asked again, more may be decided",
        "Reasons, which bar it together; without any one of them it would fit:",
        "· Window rules: art. 1 longest window (01-05 10:00 - 11:00)",
        "· Road capacity: b (01-05 10:00 - 11:00); taken then by Q works, R works",
        "· Fleet: heavy (01-05 10:00 - 11:00)",
        "· Exposure may not get worse",
        "Nearest windows that fit: 01-05 08:00 - 09:00",
    ]
    chinese = list(told(answer, "zh-CN", lambda id: {"G": "一号门", "b": "G15"}.get(id, id)))
    assert chinese[0].startswith(
        "P厂 一号门 01-05 10:00 - 11:00（换出 01-05 23:00 - 01-06 01:00）："
    )
    assert chinese[2] == "Q厂、R厂 一并重排：允许的求解量内未能判定，结论不及于此"
    assert chinese[6] == "· 道路通行能力: G15 (01-05 10:00 - 11:00)，同时占用：Q厂、R厂"
