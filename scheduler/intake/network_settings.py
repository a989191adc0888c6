"""The units of a network's files and what its sender says about them: the columns of config.csv.

`dataset_name`, `long_length`, `speed` and `crs` are GMNS's own. The others are ours and answer what
published networks leave open; other readers of GMNS pass them over.
"""

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scheduler.errors import IntakeError, IntakeFault
from scheduler.intake.faults import fault
from scheduler.intake.table import read_table

METRES = {
    "m": Decimal(1), "meter": Decimal(1), "meters": Decimal(1), "metre": Decimal(1),
    "metres": Decimal(1), "km": Decimal(1000), "kilometer": Decimal(1000),
    "kilometers": Decimal(1000), "mi": Decimal("1609.344"), "mile": Decimal("1609.344"),
    "miles": Decimal("1609.344"), "ft": Decimal("0.3048"), "foot": Decimal("0.3048"),
    "feet": Decimal("0.3048"),
}  # fmt: skip
KMH = {
    "km/h": Decimal(1), "kmh": Decimal(1), "kph": Decimal(1), "mph": Decimal("1.609344"),
    "mi/h": Decimal("1.609344"), "m/s": Decimal("3.6"),
}  # fmt: skip
SECONDS = {
    "s": Decimal(1), "second": Decimal(1), "seconds": Decimal(1), "min": Decimal(60),
    "minute": Decimal(60), "minutes": Decimal(60), "h": Decimal(3600), "hour": Decimal(3600),
    "hours": Decimal(3600),
}  # fmt: skip


class NetworkSettings(BaseModel):
    """One row; what is not given is None and takes the meaning said there."""

    model_config = ConfigDict(frozen=True)

    dataset_name: str | None = None
    long_length: str | None = Field(
        default=None, description=f"the unit of lengths, one of {', '.join(METRES)}"
    )
    speed: str | None = Field(
        default=None, description=f"the unit of speeds, one of {', '.join(KMH)}"
    )
    time: str | None = Field(
        default=None,
        description=f"the unit of TNTP's free_flow_time, one of {', '.join(SECONDS)}",
    )
    crs: str | None = None
    capacity_per: Literal["lane", "link"] | None = Field(
        default=None, description="lane (GMNS's own, the default) or link"
    )
    capacity_time: Literal["hour", "day"] | None = Field(
        default=None, description="hour (the default) or day, of capacities and volumes"
    )
    all_directed: bool | None = Field(
        default=None, description="true if a link without `directed` has one direction"
    )
    fill_by_class: bool | None = Field(
        default=None,
        description="true to take lanes, speed and capacity that a row leaves empty from its class",
    )
    unusable: Literal["refuse", "drop"] | None = Field(
        default=None, description="refuse (the default) or drop links with unusable figures"
    )

    def overlaid(self, given: "NetworkSettings | None") -> "NetworkSettings":
        """These settings, with what the sender gives put over them."""
        return (
            self if given is None else self.model_copy(update=given.model_dump(exclude_none=True))
        )


UNITS = {"long_length": METRES, "speed": KMH, "time": SECONDS}


def read_settings(path: Path) -> NetworkSettings:
    """The settings in a file with the columns of config.csv.

    Raises
    ------
    IntakeError
        With every fault of the file.
    """
    settings, faults = _first_row(path)
    if settings is None:
        raise IntakeError(faults)
    return settings


def settings_of(
    path: Path | None, given: NetworkSettings | None, needed: tuple[str, ...]
) -> tuple[NetworkSettings | None, list[IntakeFault]]:
    """The settings of a network with a config.csv at ``path``, if there is one; None with faults
    where a unit that is needed is not given or not known."""
    stated, row, file = NetworkSettings(), None, "config.csv"
    if path is not None and path.exists():
        found, faults = _first_row(path)
        if found is None:
            return None, faults
        stated, row = found, 2
    settings = stated.overlaid(given)
    faults = []
    for column in needed:
        value = getattr(settings, column)
        if value is None:
            faults.append(fault(file, row, column, "", f"unit_absent_{column}"))
        elif value.lower() not in UNITS[column]:
            known = ", ".join(UNITS[column])
            faults.append(fault(file, row, column, value, "unit_unknown", known=known))
    return (None if faults else settings), faults


def _first_row(path: Path) -> tuple[NetworkSettings | None, list[IntakeFault]]:
    table = read_table(path, NetworkSettings)
    if table.faults:
        return None, table.faults
    if len(table.rows) > 1:
        return None, [fault(path.name, 3, None, "", "config_rows")]
    (settings,) = table.rows.values()
    return settings, []
