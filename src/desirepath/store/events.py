"""How the loader writes events: rows with their place, and which places and ids are there."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from desirepath.store.client import Store

#: Ids a single look-up may ask for: about 40 bytes of request each.
LOOKUP_IDS = 20_000

# No alias may be called like a column: ClickHouse would take it in WHERE as well.
_OWNERS = """
SELECT project, leftPad(lower(hex(id)), 32, '0') AS digits, log_id, log_shard, log_offset
FROM event_ids
WHERE id IN {ids:Array(UInt128)}
"""

_PRESENT_EVENTS = """
SELECT project, replaceAll(toString(event_id), '-', '') AS digits, log_id, log_shard, log_offset
FROM events
WHERE log_id IN {logs:Array(UUID)} AND log_offset > {after:UInt64}
"""

_PRESENT_REFUSED = """
SELECT project, '' AS digits, log_id, log_shard, log_offset
FROM refused
WHERE log_id IN {logs:Array(UUID)} AND log_offset > {after:UInt64}
"""


Place = tuple[str, int, int]  # log_id, shard, offset


class Placed(Struct, frozen=True):
    """A stored row: whose, its id in 32 hex digits, and which record of the log it was."""

    project: str
    digits: str
    log_id: str
    log_shard: int
    log_offset: int


def digits(event_id: str) -> str:
    """A UUID as its 32 hex digits."""
    return event_id.replace("-", "")


def number(event_id: str) -> int:
    """A UUID as the number that `event_ids` is ordered by."""
    return int(digits(event_id), 16)


def placed(place: Place, project: str, line: bytes) -> bytes:
    """`line` (one JSON object) with whose it is and its place in front. It is never decoded."""
    log_id, shard, offset = place
    head = f'{{"project":"{project}","log_id":"{log_id}","log_shard":{shard},"log_offset":{offset},'
    return head.encode() + line[1:]


def present_events(store: Store, logs: Sequence[str], after: int) -> list[Placed]:
    """Events of these logs that are stored already, with an offset past `after`."""
    return store.rows(_PRESENT_EVENTS, Placed, logs=list(logs), after=after).data


def present_refused(store: Store, logs: Sequence[str], after: int) -> list[Placed]:
    """Refused events of these logs that are stored already, with an offset past `after`."""
    return store.rows(_PRESENT_REFUSED, Placed, logs=list(logs), after=after).data


def owners(store: Store, ids: Sequence[int]) -> Iterable[Placed]:
    """Who owns these event ids (as numbers), where anybody does."""
    for start in range(0, len(ids), LOOKUP_IDS):
        yield from store.rows(_OWNERS, Placed, ids=list(ids[start : start + LOOKUP_IDS])).data


def insert_events(store: Store, lines: Sequence[bytes], query_id: str) -> None:
    """Write rows of `events`, each a line with its place in front."""
    store.insert("events", b"\n".join(lines), query_id=query_id)


def insert_refused(store: Store, lines: Sequence[bytes], query_id: str) -> None:
    """Write rows of `refused`."""
    store.insert("refused", b"\n".join(lines), query_id=query_id)


def insert_ids(store: Store, lines: Sequence[str], query_id: str) -> None:
    """Write rows of `event_ids`: tab-separated project, id, log_id, shard, offset, day."""
    store.insert("event_ids", "\n".join(lines).encode(), form="TSV", query_id=query_id)
