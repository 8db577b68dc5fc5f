import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desirepath.errors import Invalid
from desirepath.model.project import IpMode, Project
from desirepath.projects.rules import change_project, check_id, check_project

SHOP = Project(id="shop", name="The shop", rate_per_second=50)


@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", fullmatch=True))
@example("a")
@example("0")
@example("a" * 64)
def test_a_slug_is_an_id(slug: str) -> None:
    check_id(slug)


@given(st.text())
@example("")
@example("-shop")
@example("shop-")
@example("Shop")
@example("shop\n")
@example("a" * 65)
@example("shöp")
@example("٣")
@example("*")
@example("../shop")
def test_nothing_else_is_an_id(text: str) -> None:
    if len(text) <= 64 and re.fullmatch(r"[a-z0-9-]+", text) and text.strip("-") == text:
        check_id(text)
        return
    with pytest.raises(Invalid) as caught:
        check_id(text)
    assert caught.value.field == "id"


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone", "no time zone"),
        ({"timezone": "europe/berlin"}, "timezone", "no time zone"),
        ({"timezone": "localtime"}, "timezone", "no time zone"),
        ({"timezone": "UTC'); DROP TABLE events; --"}, "timezone", "no time zone"),
        ({"timezone": None}, "timezone", "Expected `str`"),
        ({"retention_days": {"clicks": 0}}, "retention_days", "1 to 36500"),
        ({"retention_days": {"clicks": -1}}, "retention_days", "1 to 36500"),
        ({"retention_days": {"clicks": 36_501}}, "retention_days", "1 to 36500"),
        ({"retention_days": {"clicks": 1.5}}, "retention_days", "Expected `int`"),
        ({"retention_days": {"clicks": "90"}}, "retention_days", "Expected `int`"),
        ({"retention_days": {"mouse": 90}}, "retention_days", "no surface"),
        ({"retention_days": {"clicks/": 90}}, "retention_days", "no event type"),
        ({"retention_days": 90}, "retention_days", "Expected `object`"),
        ({"ip_mode": "keep"}, "ip_mode", "Invalid enum value"),
        ({"honour_gpc": "yes"}, "honour_gpc", "Expected `bool`"),
        ({"rate_per_second": -1}, "rate_per_second", "0 for no limit"),
        ({"rate_per_second": 10_000_001}, "rate_per_second", "0 for no limit"),
        ({"allowed_origins": ["example.com"]}, "allowed_origins", "no origin"),
        ({"allowed_origins": "https://example.com"}, "allowed_origins", "Expected `array`"),
        ({"query_allowlist": [""]}, "query_allowlist", "URL parameter"),
        ({"query_allowlist": ["a\x00b"]}, "query_allowlist", "URL parameter"),
        ({"query_allowlist": ["x"] * 101}, "query_allowlist", "over 100"),
        ({"name": "x" * 201}, "name", "200 printable"),
        ({"name": "a\x00b"}, "name", "200 printable"),
        ({"name": "\ud800"}, "name", "200 printable"),
        ({"id": "other"}, "id", "cannot change"),
        ({"retention": 90}, "retention", "no setting 'retention'"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(Invalid, match=re.escape(said)) as caught:
        change_project(SHOP, changes)

    assert caught.value.field == field


def test_only_what_is_named_changes() -> None:
    changed = change_project(
        SHOP,
        {
            "timezone": "Europe/Berlin",
            "ip_mode": "truncate",
            "allowed_origins": ["https://Shop.example:443"],
            "query_allowlist": ["q"],
            "retention_days": {"clicks": 30, "search/impression": 1},
        },
    )

    assert changed == Project(
        id="shop",
        name="The shop",
        rate_per_second=50,
        timezone="Europe/Berlin",
        ip_mode=IpMode.TRUNCATE,
        allowed_origins=("https://shop.example",),
        query_allowlist=("q",),
        retention_days={"clicks": 30, "search/impression": 1},
    )
    assert change_project(SHOP, {}) == SHOP
    assert change_project(SHOP, {"id": "shop"}) == SHOP


@given(st.dictionaries(st.text(), st.text(), min_size=1))
def test_a_change_of_anything_else_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="no setting") as caught:
        change_project(SHOP, changes)

    assert caught.value.field in changes


def test_a_new_project_is_checked_like_a_changed_one() -> None:
    with pytest.raises(Invalid, match="cannot name a project"):
        check_project(Project(id="My Shop"))
    with pytest.raises(Invalid, match="no time zone"):
        check_project(Project(id="shop", timezone="Nowhere"))
