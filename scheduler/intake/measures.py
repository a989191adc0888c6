"""Reads a set of measures: one CSV file per instrument in one folder, checked as a whole."""

from collections import Counter
from pathlib import Path

from scheduler.domain.measure import (
    Drawdown,
    EmissionBar,
    Exemption,
    MeasureSet,
    OutputRule,
    Rule,
    TripCap,
    WindowRule,
    ZoneCap,
)
from scheduler.domain.network import Network
from scheduler.errors import IntakeError, IntakeFault
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


def read_measures(folder: Path, network: Network) -> MeasureSet:
    """Read every instrument; `network` is asked for the zones and road types that rules name.

    Raises:
        IntakeError: with every fault of every file.
    """
    tables = {
        name: read_table(folder / f"{name}.csv", row_type)
        for name, row_type in MEASURE_TABLES.items()
    }
    faults = [fault for table in tables.values() for fault in table.faults]
    counts = Counter(row.measure_id for table in tables.values() for row in table.rows.values())
    zones = {zone.zone_id for zone in network.zones}
    road_types = {link.facility_type for link in network.links}
    for name, table in tables.items():
        faults += _unknown(name, table, "zones", zones)
        faults += _unknown(name, table, "road_types", road_types)
        faults += [
            IntakeFault(
                f"{name}.csv",
                number,
                "measure_id",
                row.measure_id,
                f"{counts[row.measure_id]} rules have this id",
                "Give each rule an id of its own, over all files.",
            )
            for number, row in table.rows.items()
            if counts[row.measure_id] > 1
        ]
    if faults:
        raise IntakeError(faults)
    return MeasureSet.model_validate(
        {"name": folder.name}
        | {
            name: tuple(sorted(table.rows.values(), key=lambda row: row.measure_id))
            for name, table in tables.items()
        }
    )


def _unknown(
    name: str, table: Table[Rule], column: str, known: set[str] | set[str | None]
) -> list[IntakeFault]:
    return [
        IntakeFault(
            f"{name}.csv",
            number,
            column,
            value,
            "the network has none of this name",
            f"Give one of {', '.join(sorted(str(k) for k in known))}.",
        )
        for number, row in table.rows.items()
        for value in getattr(row, column, ())
        if value not in known
    ]
