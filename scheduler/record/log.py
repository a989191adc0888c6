"""The log: each record that may never change leaves an entry that seals the one before.

An entry holds the digest of the record's canonical form and of the entry before it, so that
neither a record nor an entry can be changed, removed or put in between without breaking the chain.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal

from pydantic import Field

from scheduler.domain.instant import Instant
from scheduler.record.canonical import canonical, digest_of
from solver.instance import Value

Noun = Literal[
    "advice",
    "dataset",
    "plan",
    "publication",
    "recording",
    "request",
    "request_step",
    "revision",
    "withdrawal",
]
START = "0" * 64
"""What the first entry seals."""


class Entry(Value):
    """`record` is the digest of the canonical form of the `subject`, a record of kind `noun`."""

    number: int = Field(ge=1)
    noun: Noun
    subject: str
    record: str
    at: Instant
    previous: str

    @property
    def digest(self) -> str:
        return digest_of(canonical(self))


def next_entry(last: Entry | None, noun: Noun, subject: str, record: str, at: Instant) -> Entry:
    return Entry(
        number=1 if last is None else last.number + 1,
        noun=noun,
        subject=subject,
        record=record,
        at=at,
        previous=START if last is None else last.digest,
    )


def breaks(entries: Iterable[Entry], head: str) -> Iterator[str]:
    """Says where the chain of entries, oldest first, does not hold up to its `head`."""
    chain = list(entries)
    if chain and (chain[0].number != 1 or chain[0].previous != START):
        yield f"log entry {chain[0].number} is not a beginning"
    for former, later in pairwise(chain):
        if later.number != former.number + 1:
            yield f"log entry {former.number + 1} is missing"
        elif later.previous != former.digest:
            yield f"log entry {former.number} is not the one that entry {later.number} seals"
    if (chain[-1].digest if chain else START) != head:
        yield f"log entry {chain[-1].number if chain else 0} is not the one that the head seals"
