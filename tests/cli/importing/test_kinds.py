import pytest

from desirepath.cli.importing.kinds import Kind, kind_of
from desirepath.errors import Invalid
from tests.cli.importing.conftest import log_line

HEADER = b"eventId,eventType,timestamp,sessionId,pageUrl\n"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        pytest.param(log_line(0).encode() + b"\r\n", Kind.ACCESS_LOG, id="a log line"),
        pytest.param(b"# by hand\n" + log_line(0).encode(), Kind.ACCESS_LOG, id="a few lines on"),
        pytest.param(b'{"eventId": "', Kind.NDJSON, id="an object"),
        pytest.param(b"\xef\xbb\xbf\n {}", Kind.NDJSON, id="after a mark and space"),
        pytest.param(HEADER, Kind.CSV, id="a header"),
        pytest.param(HEADER.replace(b",", b"\t"), Kind.CSV, id="a header with tabs"),
    ],
)
def test_a_file_is_known_by_its_beginning(head: bytes, kind: Kind) -> None:
    assert kind_of(head, "file") == kind


@pytest.mark.parametrize(
    ("head", "message"),
    [
        pytest.param(b"[{}]", "one event a line", id="a JSON array"),
        pytest.param(b"hello\nworld\n", "say which with --format", id="another text"),
        pytest.param(HEADER.replace(b"pageUrl", b"page"), "no field 'page'", id="nearly a header"),
        pytest.param(b"\x00\x01\x02", "say which with --format", id="no text"),
    ],
)
def test_what_is_none_of_them_is_told_how_to_be_one(head: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        kind_of(head, "file")
