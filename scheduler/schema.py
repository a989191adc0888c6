"""The JSON schemas of the files that solvers exchange. `python -m scheduler.schema` writes them."""

import json
from pathlib import Path

from pydantic import BaseModel

from solver.instance import Instance
from solver.plan import Plan

FOLDER = Path(__file__).parents[1] / "docs" / "schema"
FORMATS: dict[str, type[BaseModel]] = {"instance.json": Instance, "plan.json": Plan}


def schema_of(value: type[BaseModel]) -> str:
    return json.dumps(value.model_json_schema(), indent=1, ensure_ascii=False) + "\n"


def write_schemas() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, value in FORMATS.items():
        (FOLDER / name).write_text(schema_of(value), encoding="utf-8")


if __name__ == "__main__":
    write_schemas()
