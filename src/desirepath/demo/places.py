"""Where people are: their time of day, their language, how far the server is, and an address.

Without a place database addresses come from 198.18.0.0/15, which is kept for measurements and
belongs to nobody, so that no country is made up. With one they are addresses that it knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import islice
from pathlib import Path
from random import Random

import maxminddb

_MEASUREMENTS = IPv4Network("198.18.0.0/15")
_PROBES = 20_000
_FEW = 10  # countries
_WALKED = 100_000  # networks
_OF_A_NETWORK = 64


@dataclass(frozen=True, slots=True)
class Country:
    """`slowness` multiplies load times; `offset`: hours east of Greenwich, winter and summer."""

    code: str
    weight: float
    offset: float
    language: str
    slowness: float


COUNTRIES = (
    Country("US", 26, -6, "en-US", 1.2),
    Country("GB", 17, 0, "en-GB", 0.9),
    Country("DE", 14, 1, "de-DE", 0.9),
    Country("FR", 8, 1, "fr-FR", 0.95),
    Country("NL", 6, 1, "nl-NL", 0.85),
    Country("SE", 5, 1, "sv-SE", 0.95),
    Country("NO", 4, 1, "nb-NO", 1.0),
    Country("CA", 5, -5, "en-CA", 1.2),
    Country("AU", 4, 10, "en-AU", 1.9),
    Country("IN", 4, 5.5, "en-IN", 2.2),
    Country("JP", 3, 9, "ja-JP", 1.5),
    Country("BR", 2, -3, "pt-BR", 1.8),
    Country("ES", 2, 1, "es-ES", 1.0),
)

Addresses = Mapping[str, Sequence[str]]  # by country code


def addresses_in(database: Path) -> Addresses:
    """Addresses that a MaxMind-format file has a country for."""
    found: dict[str, list[str]] = {}
    with maxminddb.open_database(str(database)) as reader:
        dice = Random(0)
        for _ in range(_PROBES):
            address = str(IPv4Address(dice.getrandbits(32)))
            _note(found, reader.get(address), address)
        if len(found) < _FEW:
            # A small file, of which random addresses miss nearly all: take it from its beginning.
            for network, record in islice(reader, _WALKED):
                for number in range(min(network.num_addresses, _OF_A_NETWORK)):
                    _note(found, record, str(network.network_address + number))
    return found


def _note(found: dict[str, list[str]], record: object, address: str) -> None:
    country = record.get("country") if isinstance(record, dict) else None
    code = country.get("iso_code") if isinstance(country, dict) else None
    if isinstance(code, str):
        found.setdefault(code, []).append(address)


class Atlas:
    """Countries to come from, and addresses in them."""

    def __init__(self, addresses: Addresses | None = None) -> None:
        self._addresses = addresses or {}
        known = [one for one in COUNTRIES if one.code in self._addresses]
        self._countries = known or list(COUNTRIES)
        self._weights = [one.weight for one in self._countries]

    def country(self, dice: Random) -> Country:
        """Where somebody new is from."""
        return dice.choices(self._countries, self._weights)[0]

    def address(self, country: Country, dice: Random) -> str:
        """An address there."""
        if pool := self._addresses.get(country.code):
            return dice.choice(pool)
        return str(_MEASUREMENTS[dice.randrange(1, _MEASUREMENTS.num_addresses - 1)])
