"""The standards and rule sets that the package carries, read once and checked like any input."""

from functools import cache
from pathlib import Path

from scheduler.domain.air import (
    Breakpoint,
    LevelCondition,
    RuleSet,
    RuleSetRow,
    Standard,
    StandardRow,
)
from scheduler.errors import IntakeError
from scheduler.intake.table import read_table

DATA = Path(__file__).parent / "data"


@cache
def standards() -> dict[str, Standard]:
    """The index standards by id."""
    rules = read_table(DATA / "standards.csv", StandardRow)
    points = read_table(DATA / "breakpoints.csv", Breakpoint)
    if faults := [*rules.faults, *points.faults]:
        raise IntakeError(faults)
    return {
        rule.standard: Standard(
            rule=rule,
            breakpoints=tuple(p for p in points.rows.values() if p.standard == rule.standard),
        )
        for rule in rules.rows.values()
    }


@cache
def rule_sets() -> dict[str, RuleSet]:
    """The level rule sets by id."""
    rules = read_table(DATA / "rule_sets.csv", RuleSetRow)
    conditions = read_table(DATA / "level_rules.csv", LevelCondition)
    if faults := [*rules.faults, *conditions.faults]:
        raise IntakeError(faults)
    return {
        rule.rule_set: RuleSet(
            rule=rule,
            conditions=tuple(c for c in conditions.rows.values() if c.rule_set == rule.rule_set),
        )
        for rule in rules.rows.values()
    }
