"""Reads recorded passages and readings of stocks from CSV files, every fault told at once."""

from pathlib import Path

from scheduler.domain.recorded import Passage, StockReading
from scheduler.errors import IntakeError
from scheduler.intake.table import read_table


def read_passages(path: Path) -> tuple[Passage, ...]:
    """Raises IntakeError with every fault of the file."""
    table = read_table(path, Passage)
    if table.faults:
        raise IntakeError(table.faults)
    return tuple(table.rows.values())


def read_readings(path: Path) -> tuple[StockReading, ...]:
    """Raises IntakeError with every fault of the file."""
    table = read_table(path, StockReading)
    if table.faults:
        raise IntakeError(table.faults)
    return tuple(table.rows.values())
