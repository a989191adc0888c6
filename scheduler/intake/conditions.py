"""Reads what lies beside a network's own files: traffic by hour, dispersion, low visibility."""

from pathlib import Path

from scheduler.domain.conditions import (
    BackgroundShare,
    HourWeight,
    RoadAssumption,
    RoadConditions,
    RoadFigure,
)
from scheduler.errors import IntakeError
from scheduler.intake.table import read_table


def read_conditions(folder: Path) -> RoadConditions:
    """Read the four tables.

    Raises:
        IntakeError: with every fault of every file.
    """
    figures = read_table(folder / "road_classes.csv", RoadFigure)
    background = read_table(folder / "background_profile.csv", BackgroundShare)
    weights = read_table(folder / "hour_weights.csv", HourWeight)
    assumptions = read_table(folder / "network_assumptions.csv", RoadAssumption)
    faults = [*figures.faults, *background.faults, *weights.faults, *assumptions.faults]
    if faults:
        raise IntakeError(faults)
    return RoadConditions(
        figures=tuple(sorted(figures.rows.values(), key=lambda r: (r.facility_type, r.key))),
        background=tuple(sorted(background.rows.values(), key=lambda r: (r.facility_type, r.hour))),
        hour_weights=tuple(sorted(weights.rows.values(), key=lambda r: (r.zone_type, r.hour))),
        assumptions=tuple(sorted(assumptions.rows.values(), key=lambda r: r.key)),
    )
