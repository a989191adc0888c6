"""Tests that a damaged registry gives clear faults, never another error, and changes nothing."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from scheduler import clock
from scheduler.cli import app
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.registry import read_registry
from scheduler.intake.registry_files import MOST_BYTES
from scheduler.intake.registry_forms import REGISTRY_TABLES
from scheduler.registry import load_registry
from scheduler.store.database import Database

LIAONING = Path(__file__).parents[2] / "fixtures" / "liaoning" / "registry"
TABLES = tuple(name for name in REGISTRY_TABLES if (LIAONING / f"{name}.csv").exists())
REQUIRED_KEYS = {name: REGISTRY_TABLES[name].key for name in TABLES}


class Damage:
    """Ways to damage a table of the registry, each of which must be found."""

    def __init__(self, folder: Path, table: str, row: int) -> None:
        self.path = folder / f"{table}.csv"
        self.lines = self.path.read_text(encoding="utf-8").splitlines()
        self.columns = self.lines[0].split(",")
        self.table, self.at = table, 1 + row % (len(self.lines) - 1)

    def write(self, lines: list[str], encoding: str = "utf-8") -> None:
        self.path.write_bytes(("\n".join(lines) + "\n").encode(encoding))

    def column_gone(self) -> None:
        """The first key column loses its name."""
        key = self.columns.index(REQUIRED_KEYS[self.table][0])
        names = [*self.columns]
        names[key] = "nobody_knows"
        self.write([",".join(names), *self.lines[1:]])

    def row_twice(self) -> None:
        self.write([*self.lines, self.lines[self.at]])

    def row_short(self) -> None:
        """A row ends after its key: what is required is not there."""
        lines = [*self.lines]
        lines[self.at] = lines[self.at].split(",")[0]
        self.write(lines)

    def key_empty(self) -> None:
        """The first cell is blank. (In every table the key comes first.)"""
        lines = [*self.lines]
        lines[self.at] = "," + lines[self.at].partition(",")[2]
        self.write(lines)

    def bytes_of_no_encoding(self) -> None:
        self.path.write_bytes(self.path.read_bytes() + b"\x00\xff\xff\x00\n")

    def table_gone(self) -> None:
        self.path.unlink()

    def empty_file(self) -> None:
        self.path.write_bytes(b"")

    def too_many_rows(self) -> None:
        """50 MB of rows."""
        row = self.lines[self.at] + "\n"
        self.path.write_text(
            self.lines[0] + "\n" + row * (50 * 2**20 // len(row.encode())), encoding="utf-8"
        )

    def negative_stock(self) -> None:
        self._cell("stocks", "now_kg", "-1")

    def unit_in_the_cell(self) -> None:
        self._cell("streams", "payload_kg", "31 t")

    def tonnes_for_kilograms(self) -> None:
        """A load a thousandth of what any lorry carries."""
        self._cell("streams", "payload_kg", "31")

    def other_unit_in_the_header(self) -> None:
        path = self.path.parent / "stocks.csv"
        path.write_text(path.read_text("utf-8").replace("now_kg", "现有库存（吨）", 1), "utf-8")

    def unknown_class(self) -> None:
        self._cell("fleets", "class_id", "warp-drive")

    def unknown_state(self) -> None:
        self._cell("plants", "operating_state", "asleep")

    def place_outside_its_city(self) -> None:
        self._cell("places", "lat", "18.2")

    def _cell(self, table: str, column: str, value: str) -> None:
        other = Damage(self.path.parent, table, self.at)
        with other.path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        at = 1 + self.at % (len(rows) - 1)
        rows[at][rows[0].index(column)] = value
        with other.path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


WAYS = tuple(name for name in vars(Damage) if not name.startswith("_") and name != "write")


def assert_refused(store: Path, table: str, row: int, way: str, other_table: str | None) -> None:
    """Loading a damaged registry tells clear faults and changes no byte of a store."""
    folder, before = store.parent / "registry", store.read_bytes()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(LIAONING, folder)
    if other_table is not None and other_table != table:
        Damage(folder, other_table, row).key_empty()
    getattr(Damage(folder, table, row), way)()
    done = _load_by_command(store, folder)
    assert (done.exit_code, store.read_bytes() == before) == (2, True), done.output
    faults = [IntakeFault(**row) for row in json.loads(done.stdout)["faults"]]
    assert faults
    for fault in faults:
        assert fault.file
        assert fault.message and fault.remedy and fault.message_zh and fault.remedy_zh
        assert len(fault.said("zh-CN")) < 2000
        assert len(fault.said("en")) < 2000
    if other_table is not None and other_table != table:
        assert any(other_table in fault.file for fault in faults)


def _load_by_command(store: Path, folder: Path) -> Result:
    arguments = ["registry", "load", str(folder), "--json"]
    return CliRunner().invoke(app, arguments, env={"CUOFENG_DATABASE_URL": f"sqlite:///{store}"})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, sqlite_tables: Path) -> Path:
    """A store that holds the undamaged registry."""
    path = tmp_path_factory.mktemp("damaged") / "store.sqlite"
    path.write_bytes(sqlite_tables.read_bytes())
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        load_registry(session, "case", read_registry(LIAONING), clock.now())
    database.close()
    return path


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_damage_is_found_and_the_store_stays_as_it_was(store: Path, way: str) -> None:
    assert_refused(store, "stocks", 3, way, None)


def test_what_is_not_damaged_is_loaded_and_known_already(store: Path) -> None:
    done = _load_by_command(store, LIAONING)
    assert (done.exit_code, json.loads(done.stdout)["is_new"]) == (0, False)


ways = {
    "table": st.sampled_from(TABLES),
    "row": st.integers(0, 1000),
    "way": st.sampled_from([way for way in WAYS if way != "too_many_rows"]),
    "other_table": st.none() | st.sampled_from(TABLES),
}


@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(**ways)
def test_some_damaged_registries(
    store: Path, table: str, row: int, way: str, other_table: str | None
) -> None:
    assert_refused(store, table, row, way, other_table)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(**ways)
def test_two_hundred_damaged_registries(
    store: Path, table: str, row: int, way: str, other_table: str | None
) -> None:
    assert_refused(store, table, row, way, other_table)


def test_more_rows_than_a_file_may_hold_are_refused_unread(tmp_path: Path) -> None:
    folder = shutil.copytree(LIAONING, tmp_path / "registry")
    Damage(Path(folder), "streams", 0).too_many_rows()
    assert (Path(folder) / "streams.csv").stat().st_size > MOST_BYTES
    with pytest.raises(IntakeError) as caught:
        read_registry(Path(folder))
    (fault,) = [f for f in caught.value.faults if f.file == "streams.csv"]
    assert str(MOST_BYTES // 2**20) in fault.message + fault.remedy
