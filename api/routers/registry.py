"""What enterprises bring: the empty workbook that they fill in."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.deps import PrincipalDep
from scheduler.intake.registry_template import template
from scheduler.texts import Language

router = APIRouter(prefix="/registry", tags=["registry"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/template", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def get_template(_: PrincipalDep, lang: Annotated[Language, Query()] = "zh-CN") -> Response:
    """An empty workbook with a sheet for each table, and one that explains the columns."""
    name = f"cuofeng-registry-{lang}.xlsx"
    return Response(
        template(lang),
        media_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
