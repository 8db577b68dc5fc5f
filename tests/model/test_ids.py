"""An id that is a UUID stays itself; any other text has one UUID in each project, for ever."""

from hashlib import sha1
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.model import ids

A_UUID = "550e8400-e29b-41d4-a716-446655440000"

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(A_UUID, (A_UUID, ""), id="a UUID"),
        pytest.param(A_UUID.upper(), (A_UUID, ""), id="in capitals"),
        pytest.param(
            "00000000-0000-0000-0000-000000000000",
            ("00000000-0000-0000-0000-000000000000", ""),
            id="of no version",
        ),
    ],
)
def test_a_uuid_stays_itself(text: str, expected: tuple[str, str]) -> None:
    assert ids.canonical("default", text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("order-17", id="a word"),
        pytest.param(A_UUID.replace("-", ""), id="without dashes"),
        pytest.param("{" + A_UUID + "}", id="in braces"),
        pytest.param(A_UUID + "\n", id="with a line end"),
        pytest.param("５50e8400-e29b-41d4-a716-446655440000", id="a wide digit"),  # noqa: RUF001
    ],
)
def test_any_other_text_is_named_and_kept(text: str) -> None:
    event_id, kept = ids.canonical("default", text)

    assert UUID(event_id).version == 5
    assert kept == text
    assert ids.canonical("default", event_id) == (event_id, "")


@given(texts)
def test_the_same_text_has_the_same_id_in_a_project_and_another_elsewhere(text: str) -> None:
    assert ids.named("a", text) == ids.named("a", text)
    assert ids.named("a", text) != ids.named("b", text)


@given(texts, texts)
def test_the_project_and_the_text_do_not_run_together(left: str, right: str) -> None:
    if left != right:
        assert ids.named("a", left) != ids.named("a", right)
    assert ids.named("a", f"b{left}") != ids.named("ab", left)


@given(texts)
def test_it_is_the_uuid_of_rfc_9562(text: str) -> None:
    root = uuid5(NAMESPACE_URL, "desirepath:event").bytes
    namespace = UUID(bytes=sha1(root + b"shop").digest()[:16])

    assert ids.named("shop", text) == str(uuid5(namespace, text))


def test_a_name_never_changes() -> None:
    """Events that are stored already must be found again by whoever sends them again."""
    assert ids.named("default", "a-1") == "2d2860c1-e5e7-5a4a-8358-6a1c68324a62"


def test_minted_ids_are_random() -> None:
    minted = {ids.mint() for _ in range(1000)}

    assert len(minted) == 1000
    assert {UUID(one).version for one in minted} == {4}
