"""A second solver: HiGHS on a model written from docs/model.md, which knows nothing of the first.

It reads the instance and writes a plan; between the two it shares no code with `solver`, so that
where both prove the same value of a stage, both have read the laws alike.
"""

from benchmarks.peer.mip import Limits
from benchmarks.peer.solve import PeerStage, solve_by_highs

__all__ = ["Limits", "PeerStage", "solve_by_highs"]
