"""Tests the command line: output, exit codes, errors that name file and fault."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scheduler import demo
from scheduler.cli import app
from scheduler.domain.publication import Publication
from scheduler.ports import listen
from scheduler.store.database import Database
from tests.scheduler.case import publish, put_plan, worked_plan

ROOT = Path(__file__).parents[2]


def cuofeng(*arguments: str | Path, url: str = "sqlite://") -> Result:
    environment = {"CUOFENG_DATABASE_URL": url}
    return CliRunner().invoke(app, [str(a) for a in arguments], env=environment)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    instance, plan = worked_plan()
    (tmp_path / "i.json").write_bytes(instance.canonical())
    (tmp_path / "p.json").write_text(plan.model_dump_json())
    return tmp_path / "i.json", tmp_path / "p.json"


@pytest.fixture
def published(tmp_path: Path, sqlite_tables: Path) -> str:
    """The address of a database with a published case."""
    path = tmp_path / "published.sqlite"
    path.write_bytes(sqlite_tables.read_bytes())
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        put_plan(session)
        publish(session)
    database.close()
    return database.url


def test_solving_twice_gives_the_same_plan_which_the_check_passes(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    told = []
    for name in ("a.json", "b.json"):
        limits = ("--deterministic-limit", "1", "--workers", "1", "--json")
        done = cuofeng("solve", files[0], "--out", tmp_path / name, *limits)
        assert done.exit_code == 0, done.stderr
        told.append(json.loads(done.stdout))
    assert told[0]["plan_digest"] == told[1]["plan_digest"]
    assert told[0]["instance_digest"] == worked_plan()[0].digest
    assert (told[0]["status"], told[0]["reproducible"], told[0]["seed"]) == ("optimal", True, 0)
    assert set(told[0]["stages"][0]) == {"name", "unit", "value", "bound", "gap", "proof"}
    done = cuofeng("check", files[0], tmp_path / "a.json", "--json")
    assert (done.exit_code, json.loads(done.stdout)["ok"]) == (0, True)


def test_a_plan_that_breaks_a_law_ends_with_1(files: tuple[Path, Path]) -> None:
    body = json.loads(files[1].read_text())
    body["decisions"]["departures"][0]["slot"] = 6
    files[1].write_text(json.dumps(body))
    done = cuofeng("check", *files, "--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["ok"]) == (1, False)
    breach = report["violations"][0]
    assert set(breach) == {"law", "where", "slot", "amount", "allowed", "unit"}
    assert "gate_window" in {row["law"] for row in report["violations"]}


def test_bounds_are_proved_again_and_one_that_does_not_add_up_ends_with_1(tmp_path: Path) -> None:
    tiny, solved = ROOT / "fixtures/tiny/instance.json", tmp_path / "solved.json"
    assert cuofeng("solve", tiny, "--out", solved, "--deterministic-limit", "5").exit_code == 0
    done = cuofeng("check", tiny, solved, "--bound", "--json")
    told = json.loads(done.stdout)["bounds"]
    assert done.exit_code == 0
    assert [(row["bound"], row["finding"]) for row in told] == [
        (20_000, "proved"), (1_500_000, "proved"), (530, "proved"), (23, "proved")
    ]  # fmt: skip
    plan = json.loads(solved.read_text())
    plan["stages"][2]["bound"] -= 10
    plan["stages"][2]["gap"] = 10 / 530
    plan["stages"][2]["proof"] = "prices"
    first = {"plant": told_plants(tiny)[0], "least": 10**6}
    plan["stages"][2]["certificates"] = [{"scale": 1000, "least": [first]}]
    solved.write_text(json.dumps(plan))
    done = cuofeng("check", tiny, solved, "--bound")
    assert done.exit_code == 1
    assert "the certificate adds up to 1000, the plan claims 520" in done.stdout


def test_a_solve_starts_from_a_plan_and_refuses_one_that_breaks_a_law(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    asked = ("solve", files[0], "--out", tmp_path / "out.json", "--workers", "1")
    limits = ("--deterministic-limit", "0.001", "--start", files[1])
    assert cuofeng(*asked, *limits).exit_code == 0
    out = json.loads((tmp_path / "out.json").read_text())
    assert out["started_from"] == worked_plan()[1].digest
    body = json.loads(files[1].read_text())
    body["decisions"]["departures"][0]["slot"] = 6
    files[1].write_text(json.dumps(body))
    done = cuofeng(*asked, *limits)
    assert done.exit_code == 2
    assert done.stderr.startswith("the plan to start from is refused: gate_window at ")


def told_plants(instance: Path) -> list[str]:
    return [plant["id"] for plant in json.loads(instance.read_text())["plants"]]


def test_bad_input_ends_with_2_and_names_file_and_every_fault(files: tuple[Path, Path]) -> None:
    body = json.loads(files[0].read_text())
    body["links"][0]["length_m"] = 0
    body["zones"][0]["population_weight"] = "many"
    files[0].write_text(json.dumps(body))
    done = cuofeng("check", *files)
    assert done.exit_code == 2
    assert f"{files[0]}: links.0.length_m: " in done.stderr
    assert f"{files[0]}: zones.0.population_weight: " in done.stderr
    assert cuofeng("check", "none.json", files[1]).exit_code == 2
    assert cuofeng("check").exit_code == 2


def test_a_shell_gets_the_exit_code_and_the_fault(files: tuple[Path, Path]) -> None:
    files[1].write_text("{}")
    done = subprocess.run(
        [sys.executable, "-c", "from scheduler.cli import app; app()", "check", *files],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"{files[1]}: instance_digest: Field required" in done.stderr


def test_an_instance_is_generated_the_same_every_time(tmp_path: Path) -> None:
    size = ("--enterprises", "3", "--hours", "24", "--slot-minutes", "60", "--seed", "1")
    for name in ("a.json", "b.json"):
        assert cuofeng("generate", *size, "--out", tmp_path / name).exit_code == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_generating_tells_how_coupled_the_instance_is(tmp_path: Path) -> None:
    """On a given network too; one without its files is bad input."""
    size = ("--enterprises", "4", "--hours", "24", "--slot-minutes", "60", "--seed", "1")
    out = ("--out", tmp_path / "a.json", "--json")
    roads = ROOT / "fixtures" / "liaoning" / "network"
    done = cuofeng("generate", *size, "--network", roads, *out)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["windows_bind"] > 0
    assert len(json.loads((tmp_path / "a.json").read_bytes())["links"]) > 2500
    done = cuofeng("generate", *size, "--network", tmp_path, *out)
    assert (done.exit_code, "link.csv" in done.stderr) == (2, True)


def test_an_alert_is_declared_revised_lifted_and_listed(published: str) -> None:
    said = ("--from", "2026-02-01T16:20", "--by", "Dalian", "--document", "D-1")
    done = cuofeng("alert", "declare", "d-1", "--area", "orange:dalian", *said, url=published)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.endswith("; Dalian, D-1\n")
    red = ("--area", "red:dalian,dandong", "--document-en", "Dalian, no. 1", "--by-en", "the city")
    done = cuofeng("alert", "revise", "d-1", *red, *said, url=published)
    assert "d-1/2 revise: red dalian, dandong; from 2026-02-01 16:20 to open" in done.stdout
    assert done.stdout.endswith("; Dalian (the city), D-1 (Dalian, no. 1)\n")
    end = ("--at", "2026-02-02T00:00", "--by", "Dalian", "--document", "D-2")
    lifting = ("--document-en", "Dalian, no. 2", "--by-en", "the mayor")
    done = cuofeng("alert", "lift", "d-1", *end, *lifting, url=published)
    assert done.exit_code == 0
    assert "（D-2）" in done.stdout and "(Dalian, no. 2)" in done.stdout
    listed = json.loads(cuofeng("alert", "list", "--json", url=published).stdout)
    actions = {row["id"]: [r["action"] for r in row["revisions"]] for row in listed}
    assert actions == {"a-1": ["declare"], "d-1": ["declare", "revise", "lift"]}
    stated = [r["statement"] for row in listed for r in row["revisions"]]
    english = [row.get("document_number_en") for row in stated]
    assert english == [None, None, "Dalian, no. 1", "Dalian, no. 2"]
    assert [row.get("declared_by_en") for row in stated] == [None, None, "the city", "the mayor"]
    done = cuofeng("alert", "declare", "d-1", "--area", "orange:dalian", *said, url=published)
    assert (done.exit_code, "declared already" in done.stderr) == (2, True)
    english = ("--by-en", "Dalian's government", "--area", "orange:dalian")
    done = cuofeng("alert", "declare", "d-2", *english, *said, url=published)
    assert "Dalian (Dalian's government), D-1" in done.stdout


def test_windows_and_keys_are_told(published: str) -> None:
    done = cuofeng("windows", "P-works", "--at", "2026-01-05T09:00", "--json", url=published)
    assert [row["standing"] for row in json.loads(done.stdout)] == ["open"]
    done = cuofeng("windows", "P-works", "--at", "2026-01-05T09:00", url=published)
    assert done.stdout.splitlines() == [
        "P厂：准运时段内，可以进出（红色预警），至 01-05 10:00",
        "  art. 1",
        "  G：01-05 08:30 – 01-05 10:00，3 车次",
    ]
    asked = ("windows", "P-works", "--at", "2026-01-05T09:00", "--lang", "en")
    assert cuofeng(*asked, url=published).stdout.splitlines() == [
        "P works: open (Red alert), until 01-05 10:00",
        "  art. 1",
        "  G: 01-05 08:30 – 01-05 10:00, 3 trips",
    ]
    made = cuofeng("keys", "make", "enterprise", "--enterprise", "P-works", url=published)
    assert made.stdout.startswith("cuofeng_enterprise_")
    listed = cuofeng("keys", "list", url=published).stdout
    assert "P-works" in listed
    assert made.stdout.strip() not in listed


def test_a_replay_of_a_changed_record_ends_with_1(published: str) -> None:
    path = Path(published.removeprefix("sqlite:///"))
    path.write_bytes(path.read_bytes().replace(b"2026-1", b"2026-2"))
    done = cuofeng("replay", "a-1/1", url=published)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "revision a-1/1 is not what log entry 1 sealed",
        "broken",
    ]


def test_a_database_without_tables_is_told_with_the_remedy(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    done = cuofeng("alert", "list", url=url)
    assert (done.exit_code, "cuofeng db upgrade" in done.stderr) == (2, True)
    assert cuofeng("db", "upgrade", url=url).exit_code == 0
    assert cuofeng("alert", "list", url=url).exit_code == 0


def test_a_taken_port_gives_way_to_the_next() -> None:
    first = listen("127.0.0.1", 18080)
    second = listen("127.0.0.1", first.getsockname()[1])
    assert second.getsockname()[1] > first.getsockname()[1]
    first.close()
    second.close()


def test_the_demonstrations_keys_are_kept_for_their_owner_alone(
    published: str, tmp_path: Path
) -> None:
    path, database = tmp_path / "var" / "keys.json", Database(published)
    with database.writing() as session:
        made, first = demo.keys_once(session, path, "P-works")
        again, second = demo.keys_once(session, path, "P-works")
        other, third = demo.keys_once(session, path, "X-works")
    database.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (made, first.is_new, second.is_new, third.is_new) == (again, True, False, True)
    assert other.enterprise != made.enterprise


def test_the_demonstration_publishes_a_plan_once(published: str) -> None:
    database = Database(published)
    with database.writing() as session:
        told = {"by": "bureau", "in_force_from": worked_plan()[0].grid.at(0)}
        known = worked_plan()[0].grid.at(0)
        found, done = demo.publish_once(session, "plan-1", known_at=known, **told)
    database.close()
    assert isinstance(found, Publication)
    assert (found.name, done.is_new) == ("a-1/1", False)
