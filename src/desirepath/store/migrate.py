"""Bring the store to the newest schema: numbered SQL files, run in order, each once.

A step that was released is never edited; a change is a new file. Every step can be run again
without harm, because a crash may fall between a step and the note that it ran.
"""

from importlib.resources import files

from msgspec import Struct

from desirepath.store.client import DATABASE, Store

_NOTES = """
CREATE TABLE IF NOT EXISTS schema_steps (name String, at DateTime DEFAULT now())
ENGINE = MergeTree ORDER BY name
"""


class _Step(Struct):
    name: str


def steps() -> list[tuple[str, str]]:
    """(name, SQL) of every step, in order."""
    folder = files("desirepath.store") / "schema"
    found = [(f.name, f.read_text()) for f in folder.iterdir() if f.name.endswith(".sql")]
    return sorted(found)


def migrate(store: Store) -> list[str]:
    """Run what has not run yet; return the names of the steps that were run."""
    store.execute(_NOTES)
    done = {step.name for step in store.rows("SELECT name FROM schema_steps", _Step).data}
    run = []
    for name, sql in steps():
        if name not in done:
            store.execute(sql)
            store.insert("schema_steps", f'{{"name":"{name}"}}'.encode())
            run.append(name)
    return run


def create_database(store: Store) -> None:
    """Create the database; `store` is connected without one."""
    store.execute(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
