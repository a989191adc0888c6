"""The last few publications, worked out once: a publication never changes."""

from collections import OrderedDict
from threading import Lock

from api.console.facts import Source
from api.console.roads import Roads
from api.console.schedule import Schedule

KEPT_PUBLICATIONS = 4


class Worked:
    """Schedules and road loads by publication, shared by all pages."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._kept: OrderedDict[str, tuple[Schedule, Roads]] = OrderedDict()
        self._lock = Lock()

    def of(self, publication_id: str) -> tuple[Schedule, Roads]:
        with self._lock:
            if publication_id not in self._kept:
                schedule = Schedule(self._source.published(publication_id))
                self._kept[publication_id] = schedule, Roads(schedule)
            self._kept.move_to_end(publication_id)
            while len(self._kept) > KEPT_PUBLICATIONS:
                self._kept.popitem(last=False)
            return self._kept[publication_id]
