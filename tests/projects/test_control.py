import threading
import time
from pathlib import Path
from typing import Any

import pytest

from desirepath.errors import Invalid, NotFound, StoreDown
from desirepath.model.project import ALL_PROJECTS, IpMode, Key, Project, Role
from desirepath.projects.address import of_file
from desirepath.projects.control import Control

SHOP = Project(id="shop", name="The shop", timezone="Asia/Kathmandu", ip_mode=IpMode.STORE)


def test_a_fresh_database_has_the_project_default_and_no_key(control: Control) -> None:
    assert control.list_projects() == [Project(id="default")]
    assert control.list_keys() == []


def test_a_project_is_kept_as_it_was_given(control: Control) -> None:
    given = Project(
        id="shop",
        name="Läden & Söhne",
        timezone="America/St_Johns",
        ip_mode=IpMode.TRUNCATE,
        honour_gpc=False,
        honour_dnt=True,
        query_allowlist=("q", "page"),
        allowed_origins=("https://shop.example",),
        rate_per_second=500,
        retention_days={"clicks": 30, "trackflow/error": 7},
    )

    assert control.create_project(given) == given
    assert control.project("shop") == given
    assert control.list_projects() == [Project(id="default"), given]


def test_a_project_changes_only_where_it_is_told_to(control: Control) -> None:
    control.create_project(SHOP)

    changed = control.update_project("shop", {"rate_per_second": 7})

    assert changed == control.project("shop")
    assert changed == Project(
        id="shop",
        name="The shop",
        timezone="Asia/Kathmandu",
        ip_mode=IpMode.STORE,
        rate_per_second=7,
    )


def test_a_refused_change_changes_nothing(control: Control) -> None:
    control.create_project(SHOP)

    with pytest.raises(Invalid):
        control.update_project("shop", {"rate_per_second": 7, "timezone": "Nowhere"})

    assert control.project("shop") == SHOP


def test_two_changes_at_once_are_both_kept(control: Control) -> None:
    control.create_project(SHOP)
    changes: list[dict[str, Any]] = [
        {"rate_per_second": 7},
        {"name": "New"},
        {"timezone": "UTC"},
        {"honour_dnt": True},
    ]
    threads = [
        threading.Thread(target=control.update_project, args=("shop", change)) for change in changes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert control.project("shop") == Project(
        id="shop", name="New", ip_mode=IpMode.STORE, rate_per_second=7, honour_dnt=True
    )


def test_an_id_is_given_out_once_even_after_its_project_is_deleted(control: Control) -> None:
    control.create_project(SHOP)
    with pytest.raises(Invalid, match="There is, or was"):
        control.create_project(Project(id="shop"))
    assert control.project("shop") == SHOP

    control.delete_project("shop")

    with pytest.raises(Invalid, match="choose another"):
        control.create_project(Project(id="shop"))
    assert control.list_projects() == [Project(id="default")]


def test_a_deleted_project_takes_its_keys_along_and_no_others(control: Control) -> None:
    control.create_project(SHOP)
    of_shop = control.mint_key("shop", Role.WRITE).text
    of_default = control.mint_key("default", Role.WRITE).text
    of_all = control.mint_key(ALL_PROJECTS, Role.ADMIN).text

    control.delete_project("shop")

    assert control.find_key(of_shop) is None
    assert control.find_key(of_default) is not None
    assert control.find_key(of_all) is not None


def test_what_is_not_there_is_not_found(control: Control) -> None:
    for ask in (
        lambda: control.project("nowhere"),
        lambda: control.update_project("nowhere", {}),
        lambda: control.delete_project("nowhere"),
        lambda: control.mint_key("nowhere", Role.READ),
        lambda: control.revoke_key("default", "nowhere"),
    ):
        with pytest.raises(NotFound, match="'nowhere'"):
            ask()


def test_default_cannot_be_deleted(control: Control) -> None:
    with pytest.raises(Invalid, match="cannot be deleted"):
        control.delete_project("default")


def test_a_key_is_known_by_its_text_alone(control: Control) -> None:
    minted = control.mint_key(
        "default",
        Role.WRITE,
        name="the web site",
        origins=["https://Shop.example:443"],
        rate_per_second=20,
        expires_at=time.time() + 3600,
    )

    assert minted.key == Key(
        id=minted.key.id,
        project="default",
        role=Role.WRITE,
        prefix=minted.text[:11],
        name="the web site",
        origins=("https://shop.example",),
        rate_per_second=20,
        created_at=minted.key.created_at,
        expires_at=minted.key.expires_at,
    )
    assert control.find_key(minted.text) == minted.key
    assert control.list_keys("default") == [minted.key]
    assert control.list_keys(ALL_PROJECTS) == []


@pytest.mark.parametrize(
    ("project", "role", "options", "field"),
    [
        (ALL_PROJECTS, Role.READ, {}, "project"),
        (ALL_PROJECTS, Role.WRITE, {}, "project"),
        ("default", Role.READ, {"expires_at": 1.0}, "expires_at"),
        ("default", Role.READ, {"expires_at": float("nan")}, "expires_at"),
        ("default", Role.READ, {"expires_at": float("inf")}, "expires_at"),
        ("default", Role.READ, {"expires_at": time.time() * 1000}, "expires_at"),
        ("default", Role.READ, {"name": "a\nb"}, "name"),
        ("default", Role.WRITE, {"origins": ["*"]}, "origins"),
        ("default", Role.WRITE, {"rate_per_second": -1}, "rate_per_second"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(
    control: Control, project: str, role: Role, options: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        control.mint_key(project, role, **options)

    assert caught.value.field == field
    assert control.list_keys() == []


def test_a_revoked_key_is_not_found_and_stays_listed(control: Control) -> None:
    minted = control.mint_key("default", Role.READ)

    revoked = control.revoke_key("default", minted.key.id)

    assert revoked.revoked_at is not None
    assert control.find_key(minted.text) is None
    assert control.list_keys("default") == [revoked]
    assert control.revoke_key("default", minted.key.id) == revoked


def test_a_key_can_only_be_revoked_through_its_own_project(control: Control) -> None:
    control.create_project(SHOP)
    minted = control.mint_key("shop", Role.READ)
    over_all = control.mint_key(ALL_PROJECTS, Role.ADMIN)

    for project in ("default", ALL_PROJECTS):
        with pytest.raises(NotFound):
            control.revoke_key(project, minted.key.id)
    with pytest.raises(NotFound):
        control.revoke_key("default", over_all.key.id)

    assert control.find_key(minted.text) == minted.key
    assert control.find_key(over_all.text) == over_all.key


def test_an_expired_key_is_not_found(url: str) -> None:
    now = [1_800_000_000.0]
    with Control(url, clock=lambda: now[0]) as control:
        minted = control.mint_key("default", Role.READ, expires_at=now[0] + 10)
        now[0] += 9.9
        assert control.find_key(minted.text) == minted.key

        now[0] += 0.1

        assert control.find_key(minted.text) is None


def test_a_text_that_is_no_key_never_reaches_the_database(control: Control, tmp_path: Path) -> None:
    with Control(of_file(tmp_path / "gone.db")) as gone:
        (tmp_path / "gone.db").write_bytes(b"no database " * 1000)
        minted = control.mint_key("default", Role.READ).text

        assert gone.find_key("x" * 54) is None
        assert gone.find_key(minted[:-1] + ("0" if minted[-1] != "0" else "1")) is None
        with pytest.raises(StoreDown, match="not a database"):
            gone.find_key(minted)


def test_a_database_that_cannot_be_reached_says_so_without_the_password() -> None:
    with pytest.raises(StoreDown, match="did not answer") as caught:
        Control("postgresql://somebody:hunter2@127.0.0.1:1/desirepath")

    assert "hunter2" not in str(caught.value)
