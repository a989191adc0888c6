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


class Column(NamedTuple):
    """A column as its readers must know it."""

    name: str
    type: str
    default: str | None
    required: bool
    meaning: str


def columns_of(row_type: type[Row]) -> tuple[Column, ...]:
    """The columns of a table, in order: what the docs show and a template offers."""
    columns = []
    for name, field in row_type.model_fields.items():
        schema = row_type.model_json_schema()["properties"][name]
        values = schema.get("enum")
        kind = " | ".join(map(str, values)) if values else str(schema.get("type", "text"))
        default = None if field.default is PydanticUndefined else str(field.default)
        columns.append(Column(name, kind, default, field.is_required(), field.description or ""))
    return tuple(columns)
