import json
from pathlib import Path

import pytest

from desirepath.errors import Misconfigured
from desirepath.ingest.base import NOWHERE, Place
from desirepath.place import open_places
from tests.shared_data import shared

CITY = "maxmind_test_db/GeoLite2-City-Test.mmdb"


@pytest.mark.parametrize(
    ("file", "ip", "place"),
    [
        (CITY, "81.2.69.160", Place("GB", "GB-ENG", "London")),
        (CITY, "::ffff:81.2.69.160", Place("GB", "GB-ENG", "London")),
        (CITY, "216.160.83.56", Place("US", "US-WA", "Milton")),
        (CITY, "2001:218::1", Place("JP", "", "")),
        (CITY, "10.0.0.1", NOWHERE),
        (CITY, "no address", NOWHERE),
        (CITY, "", NOWHERE),
        ("maxmind_test_db/GeoLite2-Country-Test.mmdb", "81.2.69.160", Place("GB", "", "")),
    ],
)
def test_where_an_address_is(file: str, ip: str, place: Place) -> None:
    assert open_places(shared(file))(ip) == place


def test_every_network_of_the_test_database() -> None:
    known = json.loads(shared("maxmind_test_db/GeoIP2-City-Test.json").read_bytes())
    locate = open_places(shared("maxmind_test_db/GeoIP2-City-Test.mmdb"))

    for entry in known:
        for network, answer in entry.items():
            found = locate(network.partition("/")[0])
            assert found.country == answer.get("country", {}).get("iso_code", ""), network
            assert found.city == answer.get("city", {}).get("names", {}).get("en", ""), network
    assert len(known) == 251


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="does not exist"):
        open_places(tmp_path / "places.mmdb")


@pytest.mark.parametrize("content", [b"", b"no database", b"\x00" * 100_000])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "places.mmdb").write_bytes(content)

    with pytest.raises(Misconfigured, match="not in MaxMind's format"):
        open_places(tmp_path / "places.mmdb")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="City or Country"):
        open_places(tmp_path)


def test_a_database_of_something_else() -> None:
    with pytest.raises(Misconfigured, match="ASN"):
        open_places(shared("maxmind_test_db/GeoLite2-ASN-Test.mmdb"))
