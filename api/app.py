"""The HTTP service: routes under /v1, /healthz, /docs, and a worker for the planning jobs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from api import docs
from api.console.facts import Contact, Name
from api.console.fairness import install_fairness
from api.console.records import Records
from api.console.requests import install_requests
from api.console.routes import install_console
from api.console.scenarios import install_scenarios
from api.console.worked import Worked
from api.errors import handle_errors
from api.routers import (
    air,
    alerts,
    enterprises,
    health,
    plans,
    publications,
    recordings,
    registry,
    requests,
    what_if,
    why,
)
from scheduler.config import Settings
from scheduler.jobs import Worker
from scheduler.store.database import Database


def make_app(settings: Settings) -> FastAPI:
    """The service on the database of the settings, which must have its tables."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        worker = Worker(settings)
        worker.start()
        try:
            yield
        finally:
            worker.stop()
            app.state.database.close()

    app = FastAPI(
        title="cuofeng",
        summary="Off-peak freight windows for key enterprises on heavy-pollution days",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.database = Database(settings.database_url)
    handle_errors(app)
    version_1 = APIRouter(prefix="/v1")
    for part in (
        alerts,
        air,
        plans,
        publications,
        enterprises,
        recordings,
        registry,
        requests,
        what_if,
        why,
    ):
        version_1.include_router(part.router)
    app.include_router(version_1)
    app.include_router(health.router)
    docs.add_page(app)
    note = Name(settings.case_note) if settings.case_note else None
    contact = Contact(Name(settings.contact_office), settings.contact_phone)
    install_scenarios(app, app.state.database)
    records = Records(app.state.database, note)
    worked = Worked(records)
    install_fairness(app, app.state.database)
    install_requests(app, app.state.database, worked)
    install_console(app, records, worked, contact)
    return app
