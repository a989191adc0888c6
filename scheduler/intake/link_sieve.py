"""Holds links whose figures cannot be used: faults, or dropped where the settings say so.

Dropping is for the few links that are no roads. Where it would take more than half of them, a unit
or a convention is wrong, and the file is refused.
"""

from collections import Counter

from scheduler.domain.network_report import Findings
from scheduler.errors import IntakeFault
from scheduler.intake.faults import fault
from scheduler.intake.network_settings import NetworkSettings
from scheduler.intake.road_figures import Unusable


class LinkSieve:
    """One file's links; ``dropped`` are the rows that are left out."""

    def __init__(self, file: str, settings: NetworkSettings, findings: Findings) -> None:
        self._file = file
        self._drops = settings.unusable == "drop"
        self._findings = findings
        self._reasons: Counter[str] = Counter()
        self._taken = 0
        self._faults: list[IntakeFault] = []
        self.dropped: set[int] = set()

    def take(self, row: int, link_id: str, *figures: object) -> bool:
        """Whether all figures of a row can be used."""
        bad = [figure for figure in figures if isinstance(figure, Unusable)]
        if bad and self._drops:
            self._findings.drop("link", bad[0].reason, link_id)
            self._reasons[bad[0].reason] += 1
            self.dropped.add(row)
        elif bad:
            self._faults += [fault(self._file, row, b.column, b.value, b.reason) for b in bad]
        else:
            self._taken += 1
        return not bad

    def faults(self) -> list[IntakeFault]:
        """All faults of the rows taken so far."""
        if len(self.dropped) <= self._taken:
            return self._faults
        counts = {"dropped": len(self.dropped), "links": len(self.dropped) + self._taken}
        return [
            *self._faults,
            fault(self._file, None, None, "", "mostly_dropped", **counts),
            *(
                fault(self._file, None, None, str(n), reason)
                for reason, n in self._reasons.most_common()
            ),
        ]
