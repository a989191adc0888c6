"""What every checked row of a table has in common, and the columns of a table as data."""

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticUndefined

Status = Literal["read", "derived", "assumed"]
"""Whether the source states a figure, it follows from stated ones, or it is assumed."""

Id = Annotated[str, StringConstraints(pattern=r"^[\w.:@+/-]{1,100}$")]
Text = Annotated[str, Field(min_length=1)]
SourceText = Annotated[
    str, Field(min_length=1, description="where the figures of the row come from, or why assumed")
]
StatusOf = Annotated[Status, Field(description="read, derived or assumed")]


class Row(BaseModel):
    """A frozen row; cells arrive as text and are converted. Empty cells take the default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def statuses(self) -> tuple[Status, ...]:
        """One status per group of figures: every column named status or ending in _status."""
        return tuple(
            getattr(self, name)
            for name in type(self).model_fields
            if name == "status" or name.endswith("_status")
        )


ColumnType = Literal[
    "text", "code", "integer", "number", "choice", "boolean", "date", "instant", "list"
]
"""A code is a text of letters, digits and few signs, such as an id."""


class Column(NamedTuple):
    """A column as its readers must know it."""

    name: str
    type: ColumnType
    choices: tuple[str, ...]
    default: str | None
    required: bool
    meaning: str


def columns_of(row_type: type[BaseModel]) -> tuple[Column, ...]:
    """The columns of a table, in order: what the docs show and a template offers."""
    schemas = row_type.model_json_schema()["properties"]
    columns = []
    for name, field in row_type.model_fields.items():
        parts = [s for s in schemas[name].get("anyOf", [schemas[name]]) if s.get("type") != "null"]
        kind, values = _type_of(parts[0])
        shown = "" if field.default is None or field.default == () else str(field.default)
        default = None if field.default is PydanticUndefined else shown
        columns.append(
            Column(name, kind, values, default, field.is_required(), field.description or "")
        )
    return tuple(columns)


def _type_of(schema: dict[str, object]) -> tuple[ColumnType, tuple[str, ...]]:
    """The type by a property's JSON schema, and the values of a choice."""
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if isinstance(values, list):
        return "choice", tuple(map(str, values))
    kinds: dict[object, ColumnType] = {
        "integer": "integer",
        "number": "number",
        "boolean": "boolean",
        "array": "list",
    }
    formats: dict[object, ColumnType] = {"date": "date", "date-time": "instant"}
    by_format = formats.get(schema.get("format"), "code" if "pattern" in schema else "text")
    return kinds.get(schema.get("type"), by_format), ()
