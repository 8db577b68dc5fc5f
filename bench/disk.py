"""Bytes on disk per event: the demo's visits, loaded by the real server, all tables and all parts.

`merged`: after OPTIMIZE ... FINAL, where the store gets to by itself in time. What single columns
take is measured after that, with every part rewritten in the wide form, which keeps a file for
each column; small parts keep all columns in one.
"""

from typing import Any

from msgspec import Struct

from bench.figures import Figure, Section
from bench.plan import Plan
from bench.serving import Serving, demo
from desirepath.store.client import Store

TITLE = "bytes on disk per event"
_TARGET = 60.0
_COLUMNS_SHOWN = 10

_TABLES = """
SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, count() AS parts
FROM system.parts
WHERE active AND database = currentDatabase()
GROUP BY table
ORDER BY bytes DESC
"""
_COLUMNS = """
SELECT table, column, sum(column_data_compressed_bytes + column_marks_bytes) AS bytes
FROM system.parts_columns
WHERE active AND database = currentDatabase()
GROUP BY table, column
HAVING bytes > 0
ORDER BY bytes DESC
"""


class _Table(Struct):
    table: str
    rows: int
    bytes: int
    parts: int


class _Column(Struct):
    table: str
    column: str
    bytes: int


def measure(plan: Plan) -> Section:
    """Bytes per event at each size."""
    raw: dict[str, Any] = {}
    for events in plan.demo_events:
        with demo(plan.work / "disk", events, lent=plan.server) as server:
            raw[str(events)] = _measure(server)
    return Section(name="disk", title=TITLE, figures=_figures(raw), raw=raw)


def _measure(server: Serving) -> dict[str, Any]:
    # The demo's visits go on: events are counted with each look at the disk.
    found: dict[str, Any] = {"loaded": _look(server)}
    writer = server.writer()
    try:
        tables = [table for table, of_it in found["loaded"]["tables"].items() if of_it["rows"]]
        for table in tables:
            writer.execute(f"OPTIMIZE TABLE {table} FINAL")
        found["merged"] = _look(server)
        for table in tables:
            writer.execute(f"ALTER TABLE {table} MODIFY SETTING min_bytes_for_wide_part = 0")
            # Already in one part, it would be left as it is.
            writer.execute(f"OPTIMIZE TABLE {table} FINAL")
        found["wide"] = _look(server)
        found["columns"] = _columns(server.store, found["wide"]["events"])
    finally:
        writer.close()
    return found


def _look(server: Serving) -> dict[str, Any]:
    tables = server.store.rows(_TABLES, _Table).data
    events = next(table.rows for table in tables if table.table == "events")
    size = sum(table.bytes for table in tables)
    return {
        "events": events,
        "bytes": size,
        "per_event": size / events,
        "tables": {
            table.table: {"rows": table.rows, "bytes": table.bytes, "parts": table.parts}
            for table in tables
        },
    }


def _columns(store: Store, events: int) -> dict[str, float]:
    """Bytes per event of each column, the largest first."""
    return {
        f"{one.table}.{one.column}": round(one.bytes / events, 3)
        for one in store.rows(_COLUMNS, _Column).data
    }


def _figures(raw: dict[str, Any]) -> list[Figure]:
    figures = []
    for asked, found in raw.items():
        largest = list(found["columns"].items())[:_COLUMNS_SHOWN]
        for state in ("loaded", "merged"):
            parts = found[state]["tables"]["events"]["parts"]
            figures.append(
                Figure(
                    what=f"demo, {int(asked):,} events, as {state}",
                    value=found[state]["per_event"],
                    unit="bytes",
                    target=_TARGET,
                    more=False,
                    note=f"{parts} parts"
                    if state == "loaded"
                    else ", ".join(f"{name} {size:.1f}" for name, size in largest),
                    key=asked == max(raw, key=int),
                )
            )
    return figures
