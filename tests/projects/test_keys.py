import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.model.project import Role
from desirepath.projects.control import Control
from desirepath.projects.keys import (
    LENGTH,
    digest,
    looks_like_key,
    mint,
    prefix,
    role_of,
)

BASE62 = string.digits + string.ascii_letters
minted = st.sampled_from(Role).map(mint)


@pytest.mark.parametrize(
    ("role", "start"), [(Role.WRITE, "dp_w_"), (Role.READ, "dp_r_"), (Role.ADMIN, "dp_a_")]
)
def test_a_key_says_its_role_and_carries_256_random_bits(role: Role, start: str) -> None:
    key = mint(role)

    assert re.fullmatch(rf"{start}[0-9A-Za-z]{{43}}[0-9A-Za-z]{{6}}", key)
    assert 62**43 > 2**256
    assert looks_like_key(key)
    assert role_of(key) is role


def test_no_two_keys_are_alike_and_every_place_takes_every_character() -> None:
    keys = [mint(Role.READ) for _ in range(2000)]

    assert len(set(keys)) == 2000
    for place in range(5, 5 + 43):
        assert {key[place] for key in keys} == set(BASE62)


@given(st.text())
def test_any_text_is_answered_without_an_error(text: str) -> None:
    assert looks_like_key(text) is False


@given(st.sampled_from(["dp_w_", "dp_r_", "dp_a_"]), st.text(min_size=49, max_size=49))
def test_the_right_length_is_not_enough(start: str, rest: str) -> None:
    assert looks_like_key(start + rest) is False


@given(minted, st.integers(0, LENGTH - 1), st.sampled_from(BASE62 + "_-. é\ud800"))
def test_one_wrong_character_is_noticed(key: str, place: int, other: str) -> None:
    mistyped = key[:place] + other + key[place + 1 :]

    assert looks_like_key(mistyped) is (mistyped == key)


@given(minted, st.integers(5, LENGTH - 2))
def test_two_characters_swapped_are_noticed(key: str, place: int) -> None:
    swapped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]

    assert looks_like_key(swapped) is (swapped == key)


@given(minted)
def test_nothing_around_a_key_belongs_to_it(key: str) -> None:
    assert not any(map(looks_like_key, [key + "\n", " " + key, key[:-1], key + "0", key.upper()]))


@given(minted)
def test_what_is_shown_and_what_is_kept_do_not_give_the_key_away(key: str) -> None:
    assert len(prefix(key)) == 11
    assert len(digest(key)) == 32
    assert key[11:20].encode() not in digest(key)


def test_a_minted_key_does_not_show_its_secret_when_logged(control: Control) -> None:
    minted = control.mint_key("default", Role.READ)

    assert minted.text not in f"{minted} {minted!r} {minted.key!r} {[minted]}"
    assert minted.key.prefix in repr(minted)
