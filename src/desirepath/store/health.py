"""How the store is: size, parts, clock; for the doctor and the metrics."""

from msgspec import Struct

from desirepath.store.client import Store

_SQL = """
SELECT
    toFloat64(now64(3)) AS now,
    (SELECT count() FROM events) AS events,
    (SELECT count() FROM events WHERE expires_at > today()) AS unexpired,
    (SELECT count() FROM system.parts WHERE active AND database = currentDatabase()) AS parts,
    (SELECT sum(bytes_on_disk) FROM system.parts
     WHERE active AND database = currentDatabase()) AS bytes,
    (SELECT count() FROM system.detached_parts WHERE database = currentDatabase()) AS detached
"""


class Health(Struct, frozen=True):
    """Numbers of the whole store."""

    now: float  # Unix seconds by its clock
    events: int
    unexpired: int
    parts: int
    bytes: int
    detached: int


def health(store: Store) -> Health:
    """Ask the store how it is."""
    return store.rows(_SQL, Health).data[0]
