"""Whether the service can answer."""

from fastapi import APIRouter, Request

from api.deps import database_of
from api.schemas import Health
from scheduler.store.migrate import require_newest

router = APIRouter(tags=["service"])


@router.get("/healthz")
def get_health(request: Request) -> Health:
    """Good when the database answers and has its tables in the form that is needed."""
    database = database_of(request)
    tables = require_newest(database)
    return Health(status=True, database=database.engine.dialect.name, tables=tables)
