from ipaddress import ip_network

import pytest

from desirepath.ingest.address import Networks, behind, client_ip

PROXY, OUTSIDE, CLIENT, FAKE = "10.0.0.2", "192.0.2.50", "203.0.113.7", "198.51.100.9"
TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
XFF, FORWARDED, REAL = "x-forwarded-for", "forwarded", "x-real-ip"

SPOOFS = [
    {XFF: FAKE},
    {XFF: f"{FAKE}, {PROXY}"},
    {XFF: f"{PROXY}, {FAKE}"},
    {XFF: "127.0.0.1"},
    {XFF: f"{FAKE}:1234"},
    {XFF: "[2001:db8::1]:443"},
    {XFF: ""},
    {XFF: ", ,"},
    {FORWARDED: f"for={FAKE}"},
    {FORWARDED: 'for="[2001:db8::1]:443";proto=https'},
    {FORWARDED: f"for={PROXY};by={PROXY}"},
    {FORWARDED: "for=_hidden"},
    {REAL: FAKE},
    {REAL: PROXY},
    {XFF: FAKE, FORWARDED: f"for={FAKE}", REAL: FAKE},
    {"cf-connecting-ip": FAKE},
]


@pytest.mark.parametrize("headers", SPOOFS, ids=str)
@pytest.mark.parametrize("trusted", [(), TRUSTED], ids=["no proxy", "another proxy"])
def test_nobody_else_is_believed(headers: dict[str, str], trusted: Networks) -> None:
    assert client_ip(OUTSIDE, headers, trusted) == OUTSIDE


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        pytest.param({}, PROXY, id="the proxy itself asks"),
        pytest.param({XFF: CLIENT}, CLIENT, id="one hop"),
        pytest.param({XFF: f"{FAKE}, {CLIENT}"}, CLIENT, id="what the client adds is left of it"),
        pytest.param({XFF: f"{FAKE}, {CLIENT}, 10.1.1.1"}, CLIENT, id="two proxies of ours"),
        pytest.param({XFF: f"{CLIENT},10.1.1.1,10.1.1.2"}, CLIENT, id="three, no spaces"),
        pytest.param({XFF: "10.9.9.9, 10.1.1.1"}, "10.9.9.9", id="a client inside our network"),
        pytest.param({XFF: f"{CLIENT}, , "}, CLIENT, id="empty hops are skipped"),
        pytest.param({XFF: f"{CLIENT}:51234"}, CLIENT, id="with its port"),
        pytest.param({XFF: "2001:DB8::1"}, "2001:db8::1", id="IPv6"),
        pytest.param({XFF: "[2001:db8::1]:51234"}, "2001:db8::1", id="IPv6 with its port"),
        pytest.param({XFF: f"::ffff:{CLIENT}"}, CLIENT, id="IPv4 inside IPv6"),
        pytest.param({XFF: f"{FAKE}, unknown"}, PROXY, id="the row ends at garbage"),
        pytest.param({XFF: "<script>"}, PROXY, id="garbage"),
        pytest.param({XFF: "1.2.3.4.5"}, PROXY, id="nearly an address"),
        pytest.param({XFF: "203.0.113.007"}, PROXY, id="an octal look"),
        pytest.param({XFF: "a" * 8192}, PROXY, id="long garbage"),
        pytest.param({XFF: f"{FAKE}," * 800 + CLIENT}, CLIENT, id="a long row"),
        pytest.param({XFF: f"{FAKE}," + "10.0.0.9," * 800}, "10.0.0.9", id="a row without end"),
        pytest.param({FORWARDED: f"for={CLIENT}"}, CLIENT, id="Forwarded"),
        pytest.param(
            {FORWARDED: f"For = {CLIENT};proto=https;by=10.0.0.2"}, CLIENT, id="in any case"
        ),
        pytest.param({FORWARDED: f'proto=https;for="{CLIENT}:99"'}, CLIENT, id="quoted"),
        pytest.param({FORWARDED: 'for="[2001:db8::1]:99"'}, "2001:db8::1", id="quoted IPv6"),
        pytest.param({FORWARDED: f"for={FAKE}, for={CLIENT}"}, CLIENT, id="Forwarded, two hops"),
        pytest.param({FORWARDED: f"for={FAKE}, for=_hidden"}, PROXY, id="a hidden hop"),
        pytest.param({FORWARDED: f"for={FAKE}, proto=http"}, PROXY, id="a hop that names nobody"),
        pytest.param({REAL: CLIENT}, CLIENT, id="X-Real-IP"),
        pytest.param({REAL: "nonsense"}, PROXY, id="X-Real-IP, garbage"),
        pytest.param({XFF: CLIENT, FORWARDED: f"for={FAKE}", REAL: FAKE}, CLIENT, id="the first"),
        pytest.param({XFF: "unknown", REAL: CLIENT}, CLIENT, id="the first that says something"),
        pytest.param({"cf-connecting-ip": FAKE}, PROXY, id="another header"),
    ],
)
def test_a_proxy_of_ours_is_believed(headers: dict[str, str], client: str) -> None:
    assert client_ip(PROXY, headers, TRUSTED) == client
    assert behind(TRUSTED)(PROXY, headers) == client


@pytest.mark.parametrize(
    ("peer", "shown"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:0db8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_the_peer_in_its_shortest_spelling(peer: str, shown: str) -> None:
    assert client_ip(peer, {}, TRUSTED) == shown
    assert behind(())(peer, {XFF: FAKE}) == shown


def test_a_proxy_over_ipv6() -> None:
    assert client_ip("fd00::1", {XFF: CLIENT}, TRUSTED) == CLIENT
