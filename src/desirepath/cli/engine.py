"""`desirepath engine`: the store alone, for tools that speak ClickHouse's HTTP protocol."""

import sys

import typer


def register(app: typer.Typer) -> None:
    """Add the command; its options are the engine's own."""
    context = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("engine", context_settings=context, add_help_option=False)(engine)


def engine(context: typer.Context) -> None:
    """The store's process alone; see `python -m desirepath.engine --help`."""
    # Late: no other command may load chDB.
    from desirepath.engine.options import parse
    from desirepath.engine.process import run

    sys.exit(run(parse(context.args)))
