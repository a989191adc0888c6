"""What the table says at a glance: gaps by tier and method, and how time grows with size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from statistics import median

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from benchmarks.tiers import TIERS

Row = dict[str, str]
STAGES = ("safety_shortfall", "output_shortfall", "exposure", "windows")
GROWTH = ("growth-100", "growth-300", "growth-1000", "province")
GROWTH_STAGES = ("safety_shortfall", "output_shortfall", "exposure")
T_975 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571}
"""Student's t at 97.5 % by degrees of freedom."""


@dataclass(frozen=True)
class Growth:
    """The exponent of the enterprises in the median seconds to 2 %, with its 95 % interval."""

    exponent: float
    low: float
    high: float
    points: tuple[tuple[int, float], ...]

    def __str__(self) -> str:
        told = ", ".join(f"{n}: {s:.1f} s" for n, s in self.points)
        return f"exponent {self.exponent:.2f} ({self.low:.2f} to {self.high:.2f}) of {told}"


def draw(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Draws a file for each figure that the rows have something for."""
    rows = newest(rows)
    paths = [_draw_gaps(rows, folder / "gaps.png")]
    growth = growth_of(rows)
    if growth is not None:
        paths.append(_draw_growth(growth, folder / "growth.png"))
    return paths


def newest(rows: Sequence[Row]) -> list[Row]:
    """Of each tier and method what was run last: rows of one commit."""
    last = {(row["tier"], row["method"]): row["commit"] for row in rows}
    return [row for row in rows if row["commit"] == last[row["tier"], row["method"]]]


def _draw_gaps(rows: Sequence[Row], path: Path) -> Path:
    tiers = [name for name in TIERS if any(row["tier"] == name for row in rows)]
    methods = sorted({row["method"] for row in rows if row["gap"]})
    figure, axes = plt.subplots(1, len(STAGES), figsize=(14, 4), sharey=True)
    for axis, stage in zip(axes, STAGES, strict=True):
        for number, method in enumerate(methods):
            for at, tier in enumerate(tiers):
                gaps = [
                    100 * float(row["gap"])
                    for row in rows
                    if (row["tier"], row["method"], row["stage"]) == (tier, method, stage)
                    and row["gap"]
                ]
                places = [at + 0.2 * (number - 1)] * len(gaps)
                axis.plot(places, gaps, "o", color=f"C{number}", alpha=0.7)
        axis.set_title(stage)
        axis.set_xticks(range(len(tiers)), tiers, rotation=30, ha="right")
        axis.set_yscale("symlog", linthresh=0.1)
        axis.set_ylim(-0.02, 130)
        axis.grid(axis="y", alpha=0.3)
    axes[0].set_ylabel("gap to the own bound, %")
    handles = [Line2D([], [], marker="o", ls="", color=f"C{k}") for k in range(len(methods))]
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.legend(handles, methods, loc="lower center", ncols=len(methods))
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def growth_of(rows: Sequence[Row]) -> Growth | None:
    """Least squares of the log of the median seconds on the log of the enterprises; None with
    fewer than three sizes. A seed that misses 2 % in a stage counts with its whole limit."""
    seconds: defaultdict[int, list[float]] = defaultdict(list)
    for tier in GROWTH:
        ours = [r for r in rows if r["tier"] == tier and r["method"] == "ours" and r["value"]]
        for seed in sorted({row["seed"] for row in ours}):
            stages = {r["stage"]: r for r in ours if r["seed"] == seed}
            reached = [stages[s]["to_2_percent_s"] for s in GROWTH_STAGES if s in stages]
            limit = float(next(iter(stages.values()))["limit_s"])
            known = [float(text) if text else limit for text in reached]
            seconds[TIERS[tier].enterprises].append(max(known, default=limit))
    points = tuple((n, max(0.01, median(found))) for n, found in sorted(seconds.items()))
    return fitted(points) if len(points) >= 3 else None


def fitted(points: tuple[tuple[int, float], ...]) -> Growth:
    x, y = np.log([n for n, _ in points]), np.log([s for _, s in points])
    slope, offset = np.polyfit(x, y, 1)
    free = len(points) - 2
    residual = float(np.sum((y - slope * x - offset) ** 2))
    error = (residual / free / float(np.sum((x - x.mean()) ** 2))) ** 0.5
    half = T_975.get(free, 1.96) * error
    return Growth(float(slope), float(slope) - half, float(slope) + half, points)


def _draw_growth(growth: Growth, path: Path) -> Path:
    sizes, seconds = zip(*growth.points, strict=True)
    figure, axis = plt.subplots(figsize=(6, 4))
    axis.loglog(sizes, seconds, "o")
    middle = sum(log(s) - growth.exponent * log(n) for n, s in growth.points) / len(sizes)
    axis.loglog(sizes, [exp(middle) * n**growth.exponent for n in sizes], "-", alpha=0.6)
    axis.set(xlabel="enterprises", ylabel="median seconds to 2 %", title=str(growth)[:48])
    axis.grid(which="both", alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path
