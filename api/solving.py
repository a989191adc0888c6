"""Answers that are solved while somebody waits: one at a time, whoever asks, so that they leave the
other cores to plans. No transaction is open meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_solving = Lock()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    with _solving:
        yield
