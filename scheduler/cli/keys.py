"""Commands on bearer keys."""

from typing import Annotated, Literal

import typer

from scheduler.cli.edge import AsJson, opened_database, print_json

app = typer.Typer(help="Bearer keys for the HTTP service.", no_args_is_help=True)


@app.command()
def make(
    role: Literal["bureau", "enterprise", "auditor"],
    enterprise: Annotated[
        str | None, typer.Option(help="Whose key it is; for the role enterprise.")
    ] = None,
    label: Annotated[str, typer.Option(help="What the key is for.")] = "made by hand",
    json: AsJson = False,
) -> None:
    """Make a key and print it. It is kept as a digest and cannot be shown again."""
    from scheduler import clock, keys
    from scheduler.domain.key import Role

    with opened_database() as database, database.writing() as session:
        key = keys.make_key(session, Role(role), label, clock.now(), enterprise)
    if json:
        print_json({"key": key, "role": role, "enterprise": enterprise})
    else:
        typer.echo(key)


@app.command("list")
def list_keys(json: AsJson = False) -> None:
    """List the keys' ids, roles and labels."""
    from scheduler import clock, keys

    with opened_database() as database, database.reading() as session:
        found = keys.list_keys(session)
    if json:
        print_json([key.model_dump(mode="json", exclude={"digest"}) for key in found])
        return
    for key in found:
        who = key.principal
        state = "revoked" if key.revoked_at else "in use"
        made = f"{clock.local(key.made_at):%Y-%m-%d %H:%M}"
        typer.echo(
            f"{who.key}  {who.role:10} {who.enterprise or '':20} {made}  {state}  {key.label}"
        )


@app.command()
def revoke(key_id: str) -> None:
    """Revoke a key by its id."""
    from scheduler import clock, keys

    with opened_database() as database, database.writing() as session:
        keys.revoke_key(session, key_id, clock.now())
    typer.echo(f"revoked {key_id}")
