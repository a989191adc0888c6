"""The laws as integer rows: one law, one function, one name. Their meaning: docs/model.md.

Each function takes a plant's block and adds the variables and rows of its law. Laws that couple
plants only note the plant's use; `solver/compact.py` turns the sums into rows.
"""

from solver.laws.caps import add_fleet, add_fleet_turns, add_trip_cap
from solver.laws.departures import add_trips, add_waiting, note_shared_use
from solver.laws.gates import add_gate_window, add_window_shape
from solver.laws.stocks import (
    add_must_run,
    add_stock_balance,
    fixed_moves_kg,
    level_bounds,
    own_moves_kg,
    whole,
)

__all__ = [
    "add_fleet",
    "add_fleet_turns",
    "add_gate_window",
    "add_must_run",
    "add_stock_balance",
    "add_trip_cap",
    "add_trips",
    "add_waiting",
    "add_window_shape",
    "fixed_moves_kg",
    "level_bounds",
    "note_shared_use",
    "own_moves_kg",
    "whole",
]
