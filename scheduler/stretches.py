"""Stretches of time as people write them: ISO 8601 intervals, or hours of a day."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from scheduler.clock import SHANGHAI, local
from scheduler.slots import slot_from, slot_of
from scheduler.unaskable import cannot_ask
from solver.instance import TimeGrid

Stretch = tuple[datetime, datetime]

_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~～至到]\s*(\d{1,2}):(\d{2})")
_LENGTH = re.compile(r"PT(?=\d)(?:(\d{1,3})H)?(?:(\d{1,4})M)?")


def stretch(text: str, after: datetime) -> Stretch:
    """START/END or START/LENGTH in ISO 8601, Shanghai's where no offset is given; bare hours such
    as 22:00-24:00 are the next ones that start at `after` or later, and may pass midnight.

    Raises BadInputError for anything else.
    """
    hours = _HOURS.fullmatch(text.strip())
    if hours is not None:
        return _next_hours(text, [int(part) for part in hours.groups()], after)
    first, slash, second = text.strip().partition("/")
    if not slash:
        raise cannot_ask("no_stretch", "write", text=text)
    start = _instant(text, first)
    length = _LENGTH.fullmatch(second)
    if length is None:
        end = _instant(text, second)
    else:
        end = start + timedelta(hours=int(length[1] or 0), minutes=int(length[2] or 0))
    if end <= start:
        raise cannot_ask("ends_first", "write", text=text)
    return start, end


def _next_hours(text: str, parts: list[int], after: datetime) -> Stretch:
    start_min, end_min = parts[0] * 60 + parts[1], parts[2] * 60 + parts[3]
    if max(parts[1], parts[3]) > 59 or start_min >= 1440 or end_min > 1440:
        raise cannot_ask("no_hours", "write", text=text)
    if start_min == end_min:
        raise cannot_ask("no_length", "write", text=text)
    length = timedelta(minutes=(end_min - start_min) % 1440 or 1440)
    here = after.astimezone(SHANGHAI)
    start = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=start_min)
    if start < here:
        start += timedelta(days=1)
    return start, start + length


def _instant(text: str, part: str) -> datetime:
    try:
        given = datetime.fromisoformat(part)
    except ValueError:
        raise cannot_ask("no_instant", "write", text=text, part=part or "-") from None
    return given if given.tzinfo else given.replace(tzinfo=SHANGHAI)


def inner_slots(grid: TimeGrid, of: Stretch) -> tuple[int, int]:
    """The whole slots within a stretch, `[first, end)`.

    Raises BadInputError where it holds none, or passes the horizon.
    """
    start, end = of
    first, last = slot_from(grid, start), slot_of(grid, end)
    told = f"{local(start):%Y-%m-%d %H:%M} - {local(end):%Y-%m-%d %H:%M}"
    horizon = grid.at(0), grid.at(grid.n_slots)
    if start < horizon[0] or end > horizon[1]:
        planned = f"{horizon[0]:%Y-%m-%d %H:%M} - {horizon[1]:%Y-%m-%d %H:%M}"
        field = "from_instant" if start < horizon[0] else "to_instant"
        raise cannot_ask("outside", field=field, told=told, planned=planned)
    if first >= last:
        minutes = grid.slot_minutes
        raise cannot_ask("no_slot", field="to_instant", told=told, minutes=minutes)
    return first, last
