"""Tests that the published schemas are those of the code and judge files as the code does."""

import json

import jsonschema
import pytest

from scheduler.schema import FOLDER, FORMATS, schema_of
from tests.scheduler.case import worked_plan


@pytest.mark.parametrize("name", FORMATS)
def test_the_published_schema_is_current(name: str) -> None:
    """`python -m scheduler.schema` writes them anew."""
    assert (FOLDER / name).read_text(encoding="utf-8") == schema_of(FORMATS[name])


@pytest.mark.parametrize("number", [0, 1])
def test_a_file_that_the_code_writes_keeps_the_schema(number: int) -> None:
    body = json.loads(worked_plan()[number].model_dump_json())
    schema = json.loads((FOLDER / list(FORMATS)[number]).read_text(encoding="utf-8"))
    jsonschema.validate(body, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**body, "version": 2}, schema)
