"""Commands on the registry: its columns, an empty workbook, check, load, versions, differences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.cli.edge import (
    AsJson,
    Lang,
    opened_database,
    print_json,
    telling,
    told_errors,
    told_faults,
)

if TYPE_CHECKING:
    from scheduler.domain.enterprise import Registry

app = typer.Typer(help="Registries of enterprises: CSV or XLSX.", no_args_is_help=True)

Source = Annotated[
    Path, typer.Argument(exists=True, help="A folder with a file for each table, or a workbook.")
]


@app.command()
def columns() -> None:
    """Print every table's columns: name, type, unit, default, meaning, whether required."""
    from scheduler.intake.registry_template import column_page

    typer.echo(column_page(), nl=False)


@app.command()
def template(path: Path, *, lang: Lang = "zh-CN") -> None:
    """Write an empty workbook with all tables and a sheet that explains their columns."""
    from scheduler.intake.registry_template import write_template

    with told_errors():
        write_template(path, lang)
    typer.echo(str(path))


@app.command()
def check(path: Source, *, lang: Lang = "en", json: AsJson = False) -> None:
    """Read a registry and tell every fault; nothing is stored."""
    from scheduler.texts import said

    registry = _read(path, lang, json)
    if json:
        print_json({"plants": len(registry.plants), "faults": []})
    else:
        typer.echo(said("registry.read", lang, plants=len(registry.plants)))


@app.command()
def load(path: Source, *, lang: Lang = "en", json: AsJson = False) -> None:
    """Read a registry and keep it as the newest version, unless it has a fault."""
    from scheduler import clock
    from scheduler.registry import load_registry
    from scheduler.texts import said

    registry = _read(path, lang, json)
    with opened_database() as database, database.writing() as session:
        kept, is_new = load_registry(session, path.stem, registry, clock.now())
    if json:
        print_json({"version": kept.version, "digest": kept.digest, "is_new": is_new})
    else:
        told = "registry.stored" if is_new else "registry.same"
        typer.echo(said(told, lang, version=kept.version))


def _read(path: Path, lang: Lang, json: bool) -> Registry:
    """The registry at a path; each step is told on stderr, and every fault where there are any."""
    from scheduler.intake.registry import read_registry

    with told_faults(lang, json):
        return read_registry(path, telling(lang))


@app.command()
def versions(*, json: AsJson = False) -> None:
    """List the versions of the registry with the time at which each was known."""
    from scheduler import clock, registry_changes

    with opened_database() as database, database.reading() as session:
        held = registry_changes.versions(session)
    if json:
        print_json([dataset.model_dump(mode="json") for dataset in held])
        return
    for dataset in held:
        known = clock.local(dataset.known_at).strftime("%Y-%m-%d %H:%M")
        typer.echo(f"{dataset.version}  {known}  {dataset.name}  {dataset.digest[:12]}")


@app.command()
def diff(old: int, new: int, *, lang: Lang = "en", json: AsJson = False) -> None:
    """Show what differs between two versions of the registry, row by row."""
    from scheduler.registry_changes import between
    from scheduler.texts import said

    with opened_database() as database, database.reading() as session:
        found = list(between(session, old, new))
    if json:
        print_json([change.model_dump(mode="json") for change in found])
        return
    for change in found:
        table = said(f"table.{change.table}", lang)
        typer.echo(f"{table} {change.key}: {said(f'registry.{change.what}', lang)}")
        for column, before in change.before.items():
            typer.echo(f"  {column}: {before} -> {change.after[column]}")
    if not found:
        typer.echo(said("registry.no_change", lang))
