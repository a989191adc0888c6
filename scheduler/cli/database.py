"""Commands on the database's tables."""

import typer

from scheduler.cli.edge import AsJson, fail, print_json, told_errors

app = typer.Typer(help="The database's tables.", no_args_is_help=True)


@app.command()
def upgrade(json: AsJson = False) -> None:
    """Bring the tables to the newest form; doing it twice changes nothing."""
    from scheduler.config import read_settings
    from scheduler.store.database import Database
    from scheduler.store.migrate import upgrade as migrate

    with told_errors():
        database = Database(read_settings().database_url)
        form = migrate(database)
        kind = database.engine.dialect.name
        database.close()
    if json:
        print_json({"tables": form, "database": kind})
    else:
        typer.echo(f"tables in form {form} on {kind}")


@app.command()
def status(json: AsJson = False) -> None:
    """Say which form the tables have; exit 1 unless it is the newest one."""
    from scheduler.config import read_settings
    from scheduler.store.database import Database
    from scheduler.store.migrate import newest, present

    database = Database(read_settings().database_url)
    there, wanted = present(database), newest()
    database.close()
    if json:
        print_json({"tables": there, "newest": wanted})
    else:
        typer.echo(f"tables in form {there or 'none'}, newest is {wanted}")
    if there != wanted:
        fail("Run `cuofeng db upgrade`.", 1)
