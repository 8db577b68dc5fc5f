"""External data: files that came with a query, as temporary tables of its connection."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing

from desirepath.engine.data import Data
from desirepath.engine.library import Connection
from desirepath.engine.multipart import Table
from desirepath.engine.sql import insert_from, named, quoted
from desirepath.engine.statement import format_name


def load_tables(
    connection: Connection, describe: Callable[[str], bytes], tables: Sequence[Table]
) -> None:
    """Make and fill `tables` on `connection`, which may still do everything.

    Their structure is a client's text, so ClickHouse reads it first (`describe` runs one SELECT as
    a reader and gives names and types), and only what it found is used. Raises RuntimeError.
    """
    for table in tables:
        names, types = describe(f"SELECT * FROM null({quoted(table.structure)})").splitlines()
        columns = ", ".join(
            f"{named(name)} {of}"
            for name, of in zip(json.loads(names), json.loads(types), strict=True)
        )
        connection.query(f"CREATE TEMPORARY TABLE {named(table.name)} ({columns})", "Null")
        with closing(Data()) as data:
            data.add(table.data)
            head = f"INSERT INTO {named(table.name)}".encode()
            connection.query(insert_from(data.path(), head, format_name(table.format)), "Null")
