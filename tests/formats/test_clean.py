import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.formats.clean import clean


@pytest.mark.parametrize(
    ("sent", "cleaned"),
    [
        pytest.param(b'"\\ud83d"', b'"\\ufffd"', id="the first half of a pair"),
        pytest.param(b'"\\uDE00"', b'"\\ufffd"', id="the second half"),
        pytest.param(b'"\\ud83d\\ude00"', b'"\\ud83d\\ude00"', id="a pair"),
        pytest.param(b'"\\ud83d\\ud83d\\ude00"', b'"\\ufffd\\ud83d\\ude00"', id="half and a pair"),
        pytest.param(b'"\\ude00\\ud83d"', b'"\\ufffd\\ufffd"', id="the halves the other way"),
        pytest.param(b'"\\ud83dx\\ude00"', b'"\\ufffdx\\ufffd"', id="something between"),
        pytest.param(b'"\\\\ud83d"', b'"\\\\ud83d"', id="an escaped backslash"),
        pytest.param(b'"\\\\\\ud83d"', b'"\\\\\\ufffd"', id="and then half a pair"),
        pytest.param(b'"\\\\ud83d\\ude00"', b'"\\\\ud83d\\ufffd"', id="a first half in letters"),
        pytest.param(b'"\\u0000"', b'"\\ufffd"', id="NUL, escaped"),
        pytest.param(b'"\\\\u0000"', b'"\\\\u0000"', id="NUL in letters"),
        pytest.param(b'"\x00"', '"\ufffd"'.encode(), id="NUL"),
        pytest.param(b"\xef\xbb\xbf{}", b"{}", id="a BOM"),
        pytest.param(b'"\xff"', '"\ufffd"'.encode(), id="no UTF-8"),
        pytest.param(b'"\xed\xa0\xbd"', '"\ufffd\ufffd\ufffd"'.encode(), id="half a pair in UTF-8"),
        pytest.param(b'"\xc3\xa9\\u00e9"', b'"\xc3\xa9\\u00e9"', id="letters"),
    ],
)  # fmt: skip
def test_what_is_repaired(sent: bytes, cleaned: bytes) -> None:
    assert clean(sent) == cleaned


@given(st.text(), st.booleans())
def test_whole_texts_stay_as_they_are(text: str, ascii_only: bool) -> None:
    sent = json.dumps(text.replace("\0", ""), ensure_ascii=ascii_only).encode()

    assert clean(sent) == sent


@given(st.lists(st.integers(0, 0xFFFF)))
def test_any_escapes_are_as_a_browser_sends_them_with_halves_replaced(units: list[int]) -> None:
    sent = '"' + "".join(f"\\u{unit:04x}" for unit in units) + '"'
    as_utf16 = b"".join(unit.to_bytes(2, "little") for unit in units)
    expected = as_utf16.decode("utf-16-le", errors="replace").replace("\0", "\ufffd")

    assert json.loads(clean(sent.encode())) == expected


@given(st.binary())
def test_any_bytes_become_utf_8_without_nul(sent: bytes) -> None:
    text = clean(sent).decode()

    assert "\0" not in text
    assert clean(text.encode()) == text.encode() or text.startswith("\ufeff")
