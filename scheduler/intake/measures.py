"""Reads a set of measures: one CSV file per instrument in one folder, checked as a whole.

An instrument that the set does not use has no file, or one with a header alone.
"""

from collections import Counter
from pathlib import Path

from scheduler.domain.measure import (
    Drawdown,
    EmissionBar,
    Exemption,
    MeasureSet,
    NamedSet,
    OutputRule,
    Rule,
    SetPart,
    TripCap,
    WindowRule,
    ZoneCap,
)
from scheduler.domain.network import Network
from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.faults import fault
from scheduler.intake.table import Table, read_table

MEASURE_TABLES: dict[str, type[Rule]] = {
    "emission_bars": EmissionBar,
    "trip_caps": TripCap,
    "window_limits": WindowRule,
    "output_cuts": OutputRule,
    "exemptions": Exemption,
    "drawdowns": Drawdown,
    "zone_caps": ZoneCap,
}


SET_FILE = "set.csv"


def read_measures(folder: Path, network: Network | None) -> MeasureSet:
    """Read every instrument; `network` is asked for the zones and road types that rules name,
    nothing is where there is none yet.

    Raises:
        IntakeError: with every fault of every file.
    """
    used = [name for name in MEASURE_TABLES if _has_rows(folder / f"{name}.csv")]
    tables: dict[str, Table[Rule]] = {
        name: read_table(folder / f"{name}.csv", MEASURE_TABLES[name]) for name in used
    }
    cards = read_table(folder / SET_FILE, NamedSet)
    faults = [*cards.faults, *(fault for table in tables.values() for fault in table.faults)]
    if not used:
        told = ", ".join(f"{name}.csv" for name in MEASURE_TABLES)
        faults.append(fault(folder.name, None, None, "", "measures_none", files=told))
    elif network is not None:
        faults += _strangers(tables, network)
    if faults:
        raise IntakeError(faults)
    rules = {
        name: tuple(sorted(table.rows.values(), key=lambda row: row.measure_id))
        for name, table in tables.items()
    }
    (card,) = cards.rows.values()
    ids = tuple(sorted(row.measure_id for rows in rules.values() for row in rows))
    return MeasureSet.model_validate(
        {"name": card.set_id, "parts": (SetPart(card=card, measures=ids),)}
        | dict.fromkeys(MEASURE_TABLES, ())
        | rules
    )


def _has_rows(path: Path) -> bool:
    return path.exists() and b"\n" in path.read_bytes().strip()


def _strangers(tables: dict[str, Table[Rule]], network: Network) -> list[IntakeFault]:
    """Ids that are used twice, zones and road types that are not in the network."""
    counts = Counter(row.measure_id for table in tables.values() for row in table.rows.values())
    zones = {zone.zone_id for zone in network.zones}
    road_types = {link.facility_type for link in network.links}
    faults: list[IntakeFault] = []
    for table in tables.values():
        faults += _unknown(table, "zones", zones)
        faults += _unknown(table, "road_types", road_types)
        faults += [
            table.fault(
                number, "measure_id", row.measure_id, "measure_twice", count=counts[row.measure_id]
            )
            for number, row in table.rows.items()
            if counts[row.measure_id] > 1
        ]
    return faults


def _unknown(
    table: Table[Rule], column: str, known: set[str] | set[str | None]
) -> list[IntakeFault]:
    told = ", ".join(sorted(str(k) for k in known))
    return [
        table.fault(number, column, value, "not_in_network", known=told)
        for number, row in table.rows.items()
        for value in getattr(row, column, ())
        if value not in known
    ]
