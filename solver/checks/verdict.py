"""What a check says: breaches of laws, values of stages."""

from __future__ import annotations

from typing import Literal

from solver.instance import StageName, Value

Law = Literal[
    "instance",
    "decisions",
    "gate_window",
    "window_shape",
    "stock_balance",
    "link_capacity",
    "zone_cap",
    "trip_cap",
    "fleet",
    "locked",
    "bar",
    "stage",
]
"""The laws of docs/model.md that a plan can breach. `instance`: the plan answers another instance;
`decisions`: it decides what cannot be; `stage`: it claims what does not hold. `end_stock` and
`must_run` are never breached: their breach is charged by a stage."""


class Violation(Value):
    """`amount` in `unit` stands where the law allows `allowed`; `where` names the object, `slot`
    the slot, None where the breach has none."""

    law: Law
    where: str
    slot: int | None
    amount: int
    allowed: int
    unit: str


class StageValue(Value):
    """What the decisions are worth in a stage."""

    name: StageName
    unit: str
    value: int


class CheckReport(Value):
    """`ok` when nothing is breached; `stages` is empty where the plan decides nothing."""

    ok: bool
    violations: tuple[Violation, ...]
    stages: tuple[StageValue, ...]


class BunchedLoad(Value):
    """A link in its worst slot if the plants bunch their trips: `bunched_mpcu` of trips over
    `capacity_mpcu` of the slot, of which `background_mpcu` is taken by others."""

    link: str
    slot: int
    bunched_mpcu: int
    background_mpcu: int
    capacity_mpcu: int
