"""The settings, read from the environment and nowhere else."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting is an environment variable with the prefix ``CUOFENG_``."""

    model_config = SettingsConfigDict(env_prefix="CUOFENG_", frozen=True)

    database_url: str = "sqlite:///var/cuofeng.sqlite"
    """SQLAlchemy's address of the database: sqlite:///FILE or postgresql://..."""
    var_dir: Path = Path("var")
    """Where exports and the demo's keys are written."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    lease_s: int = Field(default=30, ge=2)
    """A job whose worker was silent for so long is taken over by another one."""
    cluster: str | None = None
    """The address of a Dask scheduler, tcp://HOST:PORT, that planning jobs send their sub-problems
    to; None: processes of this machine."""
    contact_office: str = "生态环境举报热线"
    """Whom an enterprise calls about its schedule; 12369 is the environment hotline."""
    contact_phone: str = "12369"
    case_note: str = ""
    """Said above the page, such as that the case is a what-if."""


def read_settings() -> Settings:
    return Settings()
