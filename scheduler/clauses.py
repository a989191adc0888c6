"""The clauses of an instance's measures."""

from solver.instance import Bar, Instance, OutputCut, TripCut, WindowLimit


def clause_of(instance: Instance, measure: str) -> str:
    """What a measure of the instance says; nothing for what is no measure."""
    every: tuple[Bar | WindowLimit | TripCut | OutputCut, ...] = (
        *instance.bars,
        *instance.window_limits,
        *instance.trip_cuts,
        *instance.output_cuts,
    )
    return next((row.clause for row in every if row.id == measure), "")
