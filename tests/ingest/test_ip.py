import pytest

from desirepath.ingest import recognise
from desirepath.ingest.ip import ip
from desirepath.model.project import IpMode
from tests.ingest.hits import event, hit


@pytest.mark.parametrize(
    ("address", "truncated", "stored"),
    [
        pytest.param("203.0.113.7", "203.0.113.0", "203.0.113.7", id="IPv4 to /24"),
        pytest.param(
            "2001:db8:1234:5678::9", "2001:db8:1234::", "2001:db8:1234:5678::9", id="IPv6 to /48"
        ),
        pytest.param("2001:0DB8:0:0::1", "2001:db8::", "2001:db8::1", id="one spelling"),
        pytest.param("::ffff:203.0.113.7", "203.0.113.0", "203.0.113.7", id="IPv4 inside IPv6"),
        pytest.param("fe80::1%eth0", "fe80::", "fe80::1", id="a zone is dropped"),
        pytest.param("not an address", "", "", id="garbage is not kept"),
        pytest.param("9" * 8192, "", "", id="nor is more of it"),
        pytest.param("", "", "", id="none"),
    ],
)
def test_what_is_kept(address: str, truncated: str, stored: str) -> None:
    kept = []
    for mode in (IpMode.DROP, IpMode.TRUNCATE, IpMode.STORE):
        asked, sent = hit(ip=address, project_ip_mode=mode), event()
        recognise(asked)
        assert ip(sent, asked) is None
        kept.append(sent.ip)

    assert kept == ["", truncated, stored]
