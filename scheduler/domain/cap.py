"""A message of the Common Alerting Protocol 1.2, as far as alerts are told with it."""

from typing import Annotated, Literal

from pydantic import Field

from scheduler.domain.alert import Level
from scheduler.domain.instant import Instant
from scheduler.domain.row import Row, SourceText, StatusOf, Text
from solver.instance import Value

CapStatus = Literal["Actual", "Exercise", "System", "Test", "Draft"]
MessageType = Literal["Alert", "Update", "Cancel", "Ack", "Error"]
Severity = Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
Urgency = Literal["Immediate", "Expected", "Future", "Past", "Unknown"]


class CapLevel(Row):
    """How a level is told in CAP."""

    level: Annotated[Level, Field(description="blue, yellow, orange or red")]
    severity: Annotated[Severity, Field(description="a severity of CAP")]
    word_zh: Annotated[Text, Field(description="the Chinese word for its colour")]
    word_en: Annotated[Text, Field(description="the English word for its colour")]
    source: SourceText
    status: StatusOf


class Named(Value):
    """A pair of valueName and value."""

    name: str
    value: str


class CapReference(Value):
    """An earlier message, by the three things that identify one."""

    sender: str
    identifier: str
    sent: Instant


class CapArea(Value):
    description: str
    geocodes: tuple[Named, ...] = ()


class CapInfo(Value):
    """One level in one language, for some areas."""

    language: str
    event: str
    response: str | None
    urgency: Urgency
    severity: Severity
    certainty: str
    effective: Instant | None
    onset: Instant | None
    expires: Instant | None
    sender_name: str | None
    headline: str | None
    description: str | None
    parameters: tuple[Named, ...]
    areas: tuple[CapArea, ...]


class CapMessage(Value):
    identifier: str
    sender: str
    sent: Instant
    status: CapStatus
    message_type: MessageType
    references: tuple[CapReference, ...]
    incidents: tuple[str, ...]
    infos: tuple[CapInfo, ...]

    @property
    def reference(self) -> CapReference:
        """How later messages name this one."""
        return CapReference(sender=self.sender, identifier=self.identifier, sent=self.sent)
