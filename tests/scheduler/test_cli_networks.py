"""Tests the commands on networks: report, faults in both languages, storing all or nothing."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from scheduler import datasets
from scheduler.cli import app
from scheduler.domain.network import Network
from scheduler.store import bodies
from scheduler.store.database import Database

LINKS = "link_id,from_node_id,to_node_id,directed,length,free_speed,capacity,lanes\n"
GOOD = "a,1,2,true,8,60,900,1\nb,2,1,true,8,60,900,2\n"


def cuofeng(*arguments: str | Path, url: str = "sqlite://") -> Result:
    environment = {"CUOFENG_DATABASE_URL": url}
    return CliRunner().invoke(app, [str(a) for a in arguments], env=environment)


def directory(base: Path, links: str = GOOD) -> Path:
    (base / "config.csv").write_text("dataset_name,long_length,speed\nsmall,km,km/h\n")
    (base / "node.csv").write_text("node_id,x_coord,y_coord\n1,123.4,41.8\n2,123.5,41.8\n")
    (base / "link.csv").write_text(LINKS + links)
    return base


def test_a_network_is_reported_on_with_its_progress(tmp_path: Path) -> None:
    done = cuofeng("network", "check", directory(tmp_path))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [
        "small (gmns)",
        "  2 nodes, 2 links, 0 zones, 16.0 km",
        "  1 components, the largest of 2 nodes; 0 nodes without links",
    ]
    assert done.stderr.splitlines()[2:] == [
        "checking link.csv (2)",
        "building link.csv (2)",
        f"components {tmp_path.name} (2)",
    ]
    chinese = cuofeng("network", "check", directory(tmp_path), "--lang", "zh-CN")
    assert "2 个节点，2 条路段，0 个区，共 16.0 公里" in chinese.stdout
    assert "核对 link.csv (2)" in chinese.stderr


def test_json_holds_the_report(tmp_path: Path) -> None:
    told = json.loads(cuofeng("network", "check", directory(tmp_path), "--json").stdout)
    assert told["stored"] is None
    assert {key: told["report"][key] for key in ("format", "links", "components", "dropped")} == {
        "format": "gmns",
        "links": 2,
        "components": 1,
        "dropped": [],
    }


def test_faults_are_told_in_either_language_and_all_of_them_in_json(tmp_path: Path) -> None:
    """Of many with the same message the first twenty; JSON has file, row, field, value, remedy."""
    base = directory(tmp_path, "".join(f"{k},1,2,true,8,60,0,1\n" for k in range(25)))
    done = cuofeng("network", "check", base)
    assert done.exit_code == 2
    lines = [line for line in done.stderr.splitlines() if "capacity" in line]
    assert len(lines) == 21
    assert lines[-1].endswith("5 more of this kind; --json tells all")
    chinese = cuofeng("network", "check", base, "--lang", "zh-CN").stderr
    assert "link.csv 第 2 行 capacity 列（0）：通行能力为零或负数。" in chinese
    assert "未导入：共 25 处错误" in chinese
    told = cuofeng("network", "check", base, "--json")
    assert told.exit_code == 2
    faults = json.loads(told.stdout)["faults"]
    assert len(faults) == 25
    assert faults[0] == {
        "file": "link.csv",
        "row": 2,
        "column": "capacity",
        "value": "0",
        "message": "the capacity is zero or less",
        "remedy": "Give the link's own capacity, or remove a link that carries nothing.",
        "message_zh": "通行能力为零或负数",
        "remedy_zh": "请填写实际通行能力，或删除不通车的路段。",
        "sheet": None,
    }


def test_a_network_is_stored_once_and_one_with_a_fault_not_at_all(
    tmp_path: Path, sqlite_tables: Path
) -> None:
    copy = tmp_path / "db.sqlite"
    copy.write_bytes(sqlite_tables.read_bytes())
    base = directory(tmp_path)
    url = f"sqlite:///{copy}"
    first = json.loads(cuofeng("network", "load", base, "--json", url=url).stdout)["stored"]
    assert (first["version"], first["is_new"]) == (1, True)
    again = json.loads(cuofeng("network", "load", base, "--json", url=url).stdout)["stored"]
    assert again == {**first, "is_new": False}
    directory(tmp_path, GOOD + "c,1,9,true,8,60,900,1\n")
    assert cuofeng("network", "load", base, url=url).exit_code == 2
    database = Database(url)
    with database.reading() as session:
        newest = datasets.newest(session, "network")
        stored = Network.model_validate_json(bodies.body(session, newest.digest))
    database.close()
    assert (newest.version, newest.name) == (1, "small")
    assert [link.capacity_mpcu_h for link in stored.links] == [900_000, 1_800_000]


def test_settings_come_from_a_file_and_their_faults_are_told(tmp_path: Path) -> None:
    base = directory(tmp_path, GOOD.replace("900,1", "9000,1"))
    settings = tmp_path / "given.csv"
    settings.write_text("capacity_per\nlink\n")
    assert cuofeng("network", "check", base, "--config", settings).exit_code == 0
    settings.write_text("capacity_per\naxle\n")
    done = cuofeng("network", "check", base, "--config", settings)
    assert (done.exit_code, "given.csv, row 2, column capacity_per" in done.stderr) == (2, True)


def test_an_instance_is_generated_on_a_network_of_any_format(tmp_path: Path) -> None:
    """By the same reader with the same settings; its shares are printed as JSON."""
    side = range(5)
    roads = [
        f"{1 + x + 5 * y} {1 + v + 5 * w} 3600 10 9 0.15 4 0 0 1;\n"
        for x in side for y in side for v in side for w in side
        if abs(x - v) + abs(y - w) == 1
    ]  # fmt: skip
    net = tmp_path / "Grid_net.tntp"
    net.write_text("<END OF METADATA>\n~ init_node term_node capacity length free_flow_time b "
                   "power speed toll link_type ;\n" + "".join(roads))  # fmt: skip
    size = ("--enterprises", "6", "--hours", "24", "--slot-minutes", "60", "--seed", "1")
    ask = ("generate", *size, "--out", tmp_path / "i.json", "--network", net, "--json")
    assert cuofeng(*ask).exit_code == 2
    settings = tmp_path / "given.csv"
    settings.write_text("long_length,time\nkm,min\n")
    done = cuofeng(*ask, "--config", settings)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["instance"] == "generated-6x24h-60min-seed1 on Grid"
    assert (tmp_path / "i.json").exists()
