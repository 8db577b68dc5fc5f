"""Place: looks an address up in a MaxMind-format file that the owner put there.

City and Country databases are read: MaxMind's own, or any in their format (DB-IP, IPinfo's are not
alike). The file is mapped, not read: replace it with `mv`, never write over it, and start again to
use the new one. An address that is not in it, or is none, is `NOWHERE`; no look-up raises.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import maxminddb

from desirepath.errors import Misconfigured
from desirepath.ingest.base import NOWHERE, Place

REMEMBERED = 16_384  # addresses

_WAY_OUT = (
    "Name a City or Country database in MaxMind's format (.mmdb), or leave the setting empty "
    "to do without places."
)


def open_places(path: str | Path) -> Callable[[str], Place]:
    """A function from an address to its place. Misconfigured where the file is no such database."""
    try:
        reader = maxminddb.open_database(str(path))
    except FileNotFoundError as exc:
        raise Misconfigured(f"The place database {path} does not exist. {_WAY_OUT}") from exc
    except OSError as exc:
        raise Misconfigured(
            f"The place database {path} cannot be read: {exc.strerror or exc}. {_WAY_OUT}"
        ) from exc
    except (maxminddb.InvalidDatabaseError, ValueError) as exc:
        raise Misconfigured(f"{path} is not in MaxMind's format. {_WAY_OUT}") from exc
    kind = reader.metadata().database_type
    if not any(word in kind for word in ("City", "Country", "Enterprise")):
        reader.close()
        raise Misconfigured(f"{path} is a {kind} database, which has no places. {_WAY_OUT}")

    @lru_cache(maxsize=REMEMBERED)
    def locate(ip: str) -> Place:
        try:
            found = reader.get(ip)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return NOWHERE  # no address, IPv6 in a database of IPv4, or a damaged record
        return _place(found) if isinstance(found, dict) else NOWHERE

    return locate


def _place(found: dict[str, Any]) -> Place:
    country = _text(found, "country", "iso_code")
    divisions = found.get("subdivisions")
    division = _text(divisions[0], "iso_code") if isinstance(divisions, list) and divisions else ""
    city = _text(found, "city", "names", "en")
    if not (country or city):
        return NOWHERE
    # ISO 3166-2 names a region together with its country: 'US-CA'.
    return Place(country, f"{country}-{division}" if country and division else "", city)


def _text(found: Any, *keys: str) -> str:
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""
