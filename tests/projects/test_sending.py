"""Whose an event is: (the request's key, the event's tenantId) → a project, or a named refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.errors import NotAllowed
from desirepath.model.project import ALL_PROJECTS, Project, Role
from desirepath.projects.keys import mint
from desirepath.projects.protected import Approach
from desirepath.projects.sending import MESSAGES, Denied, Sender, Senders
from desirepath.projects.snapshot import Snapshot
from tests.projects.test_access import NOW, key, local

WRITE, AGAIN, OTHER, OF_DEFAULT, EXPIRED, NARROW = (mint(Role.WRITE) for _ in range(6))
READ = mint(Role.READ)
ADMIN, ALL, OTHER_ADMIN = (mint(Role.ADMIN) for _ in range(3))
NOBODYS = mint(Role.WRITE)
PAGE = "https://shop.example"

KNOWN = Snapshot(
    projects=[
        Project(id="default"),
        Project(id="shop"),
        Project(id="other"),
        Project(id="narrow", allowed_origins=(PAGE,)),
    ],
    keys=dict(
        [
            key(WRITE, Role.WRITE, "shop"),
            key(AGAIN, Role.WRITE, "shop", origins=(PAGE,)),
            key(OTHER, Role.WRITE, "other"),
            key(OF_DEFAULT, Role.WRITE, "default"),
            key(EXPIRED, Role.WRITE, "shop", expires_at=NOW),
            key(NARROW, Role.WRITE, "narrow"),
            key(READ, Role.READ, "shop"),
            key(ADMIN, Role.ADMIN, "shop"),
            key(ALL, Role.ADMIN, ALL_PROJECTS),
            key(OTHER_ADMIN, Role.ADMIN, "other"),
        ]
    ),
)

TENANTS = {
    "": "",
    "own key": WRITE,
    "own id": "shop",
    "other key": OTHER,
    "other id": "other",
    "key of default": OF_DEFAULT,
    "id default": "default",
    "nobody's key": NOBODYS,
    "expired key": EXPIRED,
    "read key": READ,
    "admin key": ADMIN,
    "all admin key": ALL,
    "unknown text": "your-api-key",
    "mistyped key": WRITE[:-1] + ("0" if WRITE[-1] != "0" else "1"),
}


def decided(approach: Approach) -> dict[str, str]:
    """For each tenantId the id of the project, or the reason of the refusal in brackets."""
    senders = Senders(approach, KNOWN, NOW)
    found = {name: senders.of(tenant) for name, tenant in TENANTS.items()}
    return {
        name: who.project.id if isinstance(who, Sender) else f"({who})"
        for name, who in found.items()
    }


OF_ONE_PROJECT = {
    "": "shop",
    "own key": "shop",
    "own id": "shop",
    "other key": "(wrong_project)",
    "other id": "(wrong_project)",
    "key of default": "(wrong_project)",
    "id default": "(wrong_project)",
    "nobody's key": "(wrong_project)",
    "expired key": "(wrong_project)",
    "read key": "(secret_key)",
    "admin key": "(secret_key)",
    "all admin key": "(secret_key)",
    "unknown text": "(wrong_project)",
    "mistyped key": "(wrong_project)",
}


@pytest.mark.parametrize(
    "approach",
    [
        Approach(bearer=WRITE),
        Approach(api_key=WRITE),
        Approach(query_key=WRITE),
        Approach(bearer=ADMIN),
        local(bearer=WRITE),
        Approach(bearer=WRITE, query_key=OTHER),
    ],
    ids=["bearer", "x-api-key", "query", "admin", "protected mode too", "header wins"],
)
def test_the_key_of_the_request_says_the_project(approach: Approach) -> None:
    assert decided(approach) == OF_ONE_PROJECT


def test_without_one_the_event_must_bring_a_write_key() -> None:
    assert decided(Approach()) == {
        "": "(no_key)",
        "own key": "shop",
        "own id": "(unknown_key)",
        "other key": "other",
        "other id": "(unknown_key)",
        "key of default": "default",
        "id default": "(unknown_key)",
        "nobody's key": "(unknown_key)",
        "expired key": "(unknown_key)",
        "read key": "(secret_key)",
        "admin key": "(secret_key)",
        "all admin key": "(secret_key)",
        "unknown text": "(unknown_key)",
        "mistyped key": "(unknown_key)",
    }


def test_in_protected_mode_an_unknown_text_means_default() -> None:
    assert decided(local()) == {
        "": "default",
        "own key": "shop",
        "own id": "(wrong_project)",
        "other key": "other",
        "other id": "(wrong_project)",
        "key of default": "default",
        "id default": "default",
        "nobody's key": "(unknown_key)",
        "expired key": "(unknown_key)",
        "read key": "(secret_key)",
        "admin key": "(secret_key)",
        "all admin key": "(secret_key)",
        "unknown text": "default",
        "mistyped key": "(unknown_key)",
    }


def test_the_admin_key_over_all_sends_for_whom_the_event_names() -> None:
    assert decided(Approach(bearer=ALL)) == {
        "": "default",
        "own key": "shop",
        "own id": "shop",
        "other key": "other",
        "other id": "other",
        "key of default": "default",
        "id default": "default",
        "nobody's key": "(wrong_project)",
        "expired key": "(wrong_project)",
        "read key": "(secret_key)",
        "admin key": "(secret_key)",
        "all admin key": "(secret_key)",
        "unknown text": "(wrong_project)",
        "mistyped key": "(wrong_project)",
    }


@pytest.mark.parametrize(
    ("approach", "authenticated"),
    [
        (Approach(bearer=READ), True),
        (Approach(query_key=READ), True),
        (Approach(query_key=ADMIN), True),
        (Approach(bearer=NOBODYS), False),
        (Approach(bearer=EXPIRED), False),
        (local(bearer=READ), True),
        (local(bearer=EXPIRED), False),
        (Approach(bearer=AGAIN, origin="https://evil.example"), True),
    ],
)
def test_a_request_whose_own_key_cannot_send_is_refused_whole(
    approach: Approach, authenticated: bool
) -> None:
    with pytest.raises(NotAllowed) as refused:
        Senders(approach, KNOWN, NOW)

    assert refused.value.authenticated is authenticated


@pytest.mark.parametrize(
    ("approach", "tenant", "origin", "taken"),
    [
        (Approach(), NARROW, PAGE, True),
        (Approach(), NARROW, None, True),
        (Approach(), NARROW, "https://evil.example", False),
        (Approach(), NARROW, "null", False),
        (Approach(bearer=NARROW), "", "https://evil.example", False),
        (Approach(bearer=ALL), "narrow", "https://evil.example", False),
        (local(), NARROW, "https://evil.example", False),
        (Approach(), AGAIN, PAGE, True),
        (Approach(), AGAIN, "https://evil.example", False),
        (Approach(), WRITE, "https://evil.example", True),
    ],
)
def test_origins_of_the_project_and_of_the_key(
    approach: Approach, tenant: str, origin: str | None, taken: bool
) -> None:
    approach = Approach(
        **{name: getattr(approach, name) for name in approach.__struct_fields__}
        | {"origin": origin}
    )

    found = Senders(approach, KNOWN, NOW).of(tenant)

    assert isinstance(found, Sender) if taken else found is Denied.WRONG_ORIGIN


def test_the_key_whose_rate_counts() -> None:
    def id_of(approach: Approach, tenant: str) -> str | None:
        sender = Senders(approach, KNOWN, NOW).of(tenant)
        assert isinstance(sender, Sender)
        return sender.key.id if sender.key else None

    assert id_of(local(), "") is None
    assert id_of(local(), WRITE) == WRITE[:11]
    assert id_of(Approach(), WRITE) == WRITE[:11]
    assert id_of(Approach(bearer=ADMIN), WRITE) == ADMIN[:11]


def test_nobody_learns_which_projects_there_are() -> None:
    """A write key is public: to it, 'other' (which exists) and 'nowhere' must look the same."""
    senders = Senders(Approach(bearer=WRITE), KNOWN, NOW)

    assert senders.of("other") is senders.of("nowhere") is Denied.WRONG_PROJECT


def test_every_refusal_has_words() -> None:
    assert set(MESSAGES) == set(Denied)


@given(st.text())
def test_any_tenant_id_is_decided(tenant: str) -> None:
    for approach in (Approach(), Approach(bearer=WRITE), local(), Approach(bearer=ALL)):
        assert isinstance(Senders(approach, KNOWN, NOW).of(tenant), Sender | Denied)
