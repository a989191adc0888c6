"""A bearer key and whom it stands for."""

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from scheduler.domain.alert import Text
from scheduler.domain.instant import Instant
from solver.instance import Id, Value


class Role(StrEnum):
    """bureau: declares, plans, publishes; enterprise: reads its own; auditor: reads all."""

    BUREAU = "bureau"
    ENTERPRISE = "enterprise"
    AUDITOR = "auditor"


class Principal(Value):
    """Who asks."""

    key: Id
    role: Role
    enterprise: Id | None = None

    @model_validator(mode="after")
    def _an_enterprise_is_named(self) -> Self:
        if (self.role is Role.ENTERPRISE) != (self.enterprise is not None):
            raise ValueError("an enterprise's key names its enterprise, and no other key does")
        return self


class Key(Value):
    """A key as it is kept: never the key itself, only its digest."""

    principal: Principal
    digest: str
    label: Text
    made_at: Instant
    revoked_at: Instant | None = None
