"""What enterprises bring: the empty workbook that they fill in, versions and their differences."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.deps import OfficialDep, PrincipalDep, SessionDep
from scheduler import registry_changes
from scheduler.domain.dataset import Dataset
from scheduler.intake.registry_template import template
from scheduler.registry_changes import Change
from scheduler.texts import Language

router = APIRouter(prefix="/registry", tags=["registry"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Version = Annotated[int, Query(ge=1, description="A version of the registry.")]


@router.get("/template", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def get_template(_: PrincipalDep, lang: Annotated[Language, Query()] = "zh-CN") -> Response:
    """An empty workbook with a sheet for each table, and one that explains the columns."""
    name = f"cuofeng-registry-{lang}.xlsx"
    return Response(
        template(lang),
        media_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/versions")
def list_versions(session: SessionDep, _: OfficialDep) -> list[Dataset]:
    """The versions of the registry with the time at which each was known, oldest first."""
    return registry_changes.versions(session)


@router.get("/changes")
def list_changes(session: SessionDep, _: OfficialDep, old: Version, new: Version) -> list[Change]:
    """What differs between two versions, row by row."""
    return list(registry_changes.between(session, old, new))
