"""Tables of results: CSVs that are added to run by run and never written over."""

from __future__ import annotations

import csv
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

RESULTS = Path(__file__).parent / "results"
COLUMNS = (
    *("commit", "machine", "load", "tier", "instance", "seed", "method", "workers", "limit_s"),
    *("stage", "status", "value", "bound", "gap", "net_gap", "seconds", "stage_s"),
    *("first_plan_s", "to_5_percent_s", "to_2_percent_s", "to_1_percent_s", "to_0.5_percent_s"),
    "peak_mib",
)
"""Of the table of solves, a row a stage."""
MEASURED = ("solver", "fixtures", "benchmarks", "scheduler", ":!benchmarks/results")
"""Folders that must be as committed for a row to name a commit; what was measured may be there."""


def append(path: Path, rows: Iterable[dict[str, object]], columns: Sequence[str] = COLUMNS) -> None:
    """Add rows; the head is written with the first of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    begins = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        if begins:
            writer.writeheader()
        writer.writerows(rows)


def read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def done(path: Path, commit: str) -> set[tuple[str, str, str]]:
    """(tier, seed, method) of the runs that are in the table already."""
    return {(r["tier"], r["seed"], r["method"]) for r in read(path) if r["commit"] == commit}


def commit_of(root: Path) -> str:
    """The commit that is checked out, marked where what is measured differs from it."""
    commit = _git(root, "rev-parse", "HEAD")
    return commit + ("+changed" if _git(root, "status", "--porcelain", *MEASURED) else "")


def _git(root: Path, *arguments: str) -> str:
    told = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return told.stdout.strip()


def begun(root: Path) -> dict[str, object]:
    """What every row says of where it was measured: commit, machine, and its load now."""
    load = round(os.getloadavg()[0], 2)
    return {"commit": commit_of(root), "machine": machine(), "load": load}


def machine() -> str:
    gib = psutil.virtual_memory().total / 2**30
    return f"{_processor()}, {psutil.cpu_count()} cores, {gib:.0f} GiB"


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor())
