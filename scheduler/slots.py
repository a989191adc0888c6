"""Instants as slots of a horizon, counted on before its first and after its last."""

from datetime import datetime, timedelta

from solver.instance import TimeGrid


def slot_of(grid: TimeGrid, instant: datetime) -> int:
    """The slot that holds an instant."""
    return (instant - grid.at(0)) // timedelta(minutes=grid.slot_minutes)


def slot_from(grid: TimeGrid, instant: datetime) -> int:
    """The first slot that begins at an instant or later."""
    return -((grid.at(0) - instant) // timedelta(minutes=grid.slot_minutes))
