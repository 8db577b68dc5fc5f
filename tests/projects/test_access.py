"""Two projects, every kind of key, every act: the whole table, and every way to miss it."""

import time

import pytest

from desirepath.errors import NotAllowed, NotFound
from desirepath.model.project import ALL_PROJECTS, Key, Project, Role
from desirepath.projects.access import Act, Caller, How, admit, identify
from desirepath.projects.keys import digest, mint, prefix
from desirepath.projects.protected import Approach, is_protected
from desirepath.projects.snapshot import Snapshot

NOW = time.time()
WRITE, READ, ADMIN, ALL = (mint(role) for role in (*Role, Role.ADMIN))
OTHER = mint(Role.ADMIN)
PAGE, EXPIRED, REVOKED = (mint(Role.READ) for _ in range(3))
PAGE_WRITE = mint(Role.WRITE)


def key(text: str, role: Role, project: str, **more: object) -> tuple[bytes, Key]:
    shown = prefix(text)
    return digest(text), Key(id=shown, project=project, role=role, prefix=shown, **more)  # type: ignore[arg-type]


KNOWN = Snapshot(
    projects=[Project(id="default"), Project(id="shop"), Project(id="other")],
    keys=dict(
        [
            key(WRITE, Role.WRITE, "shop"),
            key(READ, Role.READ, "shop"),
            key(ADMIN, Role.ADMIN, "shop"),
            key(ALL, Role.ADMIN, ALL_PROJECTS),
            key(OTHER, Role.ADMIN, "other"),
            key(PAGE, Role.READ, "shop", origins=("https://shop.example",)),
            key(PAGE_WRITE, Role.WRITE, "shop", origins=("https://shop.example",)),
            key(EXPIRED, Role.READ, "shop", expires_at=NOW),
            # A directory leaves revoked keys out; whoever else asks must be told all the same.
            key(REVOKED, Role.READ, "shop", revoked_at=NOW - 1),
        ]
    ),
)


def local(**more: object) -> Approach:
    """A request that protected mode is made for."""
    shown = {"host": "localhost:8000", "loopback": True, "forwarded": False, **more}
    return Approach(**shown)  # type: ignore[arg-type]


def outcome(approach: Approach, act: Act, project: str = "shop") -> str:
    """'ok', or the HTTP status that the refusal stands for."""
    try:
        admit(approach, act, project, KNOWN, NOW)
    except NotAllowed as refused:
        return "403" if refused.authenticated else "401"
    except NotFound:
        return "404"
    return "ok"


ACTS = {
    Act.SEND: {WRITE: "ok", READ: "403", ADMIN: "ok", ALL: "ok", OTHER: "403"},
    Act.READ: {WRITE: "403", READ: "ok", ADMIN: "ok", ALL: "ok", OTHER: "403"},
    Act.ERASE: {WRITE: "403", READ: "403", ADMIN: "ok", ALL: "ok", OTHER: "403"},
    Act.RESET: {WRITE: "403", READ: "403", ADMIN: "ok", ALL: "ok", OTHER: "403"},
    Act.MANAGE: {WRITE: "403", READ: "403", ADMIN: "ok", ALL: "ok", OTHER: "403"},
}


@pytest.mark.parametrize("act", Act)
def test_what_each_key_may_do(act: Act) -> None:
    assert {k: outcome(Approach(bearer=k), act) for k in ACTS[act]} == ACTS[act]
    assert {k: outcome(Approach(api_key=k), act) for k in ACTS[act]} == ACTS[act]
    assert outcome(Approach(), act) == "401"


@pytest.mark.parametrize("act", Act)
def test_no_key_opens_another_project_whether_it_exists_or_not(act: Act) -> None:
    for text in (WRITE, READ, ADMIN):
        for project in ("other", "nowhere", "default", "", ALL_PROJECTS):
            assert outcome(Approach(bearer=text), act, project) == "403"


def test_a_refusal_does_not_tell_whether_another_project_exists() -> None:
    said = set()
    for project in ("other", "nowhere"):
        with pytest.raises(NotAllowed) as refused:
            admit(Approach(bearer=ADMIN), Act.READ, project, KNOWN, NOW)
        said.add(str(refused.value))

    assert said == {"This key is of another project."}


@pytest.mark.parametrize("act", Act)
def test_an_admin_key_over_all_projects_opens_each_and_all(act: Act) -> None:
    for project in ("shop", "other", "default", ALL_PROJECTS):
        assert outcome(Approach(bearer=ALL), act, project) == "ok"
    assert outcome(Approach(bearer=ALL), act, "nowhere") == "404"


@pytest.mark.parametrize(
    ("text", "write", "read"),
    [(WRITE, "ok", "403"), (READ, "403", "403"), (ADMIN, "403", "403"), (ALL, "403", "403")],
    ids=["write", "read", "admin", "admin of all"],
)
def test_only_a_write_key_may_stand_in_an_address(text: str, write: str, read: str) -> None:
    assert outcome(Approach(query_key=text), Act.SEND) == write
    assert outcome(Approach(query_key=text), Act.READ) == read


@pytest.mark.parametrize(
    "text",
    [EXPIRED, REVOKED, mint(Role.ADMIN), READ[:-1], f" {READ}", READ.lower(), "x", "\ud800", "*"],
    ids=["expired", "revoked", "nobody's", "cut", "space", "lower", "x", "surrogate", "star"],
)
def test_a_wrong_key_is_refused_wherever_it_comes_from(text: str) -> None:
    """Also in protected mode, where no key would have been needed."""
    for approach in (
        Approach(bearer=text),
        Approach(api_key=text),
        Approach(query_key=text),
        local(bearer=text),
        local(query_key=text),
    ):
        assert outcome(approach, Act.READ) == "401"
        assert outcome(approach, Act.SEND, "default") == "401"


def test_an_expiring_key_is_good_until_that_moment() -> None:
    approach = Approach(bearer=EXPIRED)

    assert admit(approach, Act.READ, "shop", KNOWN, NOW - 0.001).role is Role.READ
    with pytest.raises(NotAllowed):
        admit(approach, Act.READ, "shop", KNOWN, NOW)


def test_a_header_key_wins_even_if_it_is_the_worse_one() -> None:
    assert outcome(Approach(bearer=READ, query_key=WRITE), Act.READ) == "ok"
    assert outcome(Approach(bearer=WRITE, query_key=READ), Act.SEND) == "ok"
    assert outcome(Approach(bearer=mint(Role.WRITE), query_key=WRITE), Act.SEND) == "401"
    # Authorization may be meant for a gateway in front; X-API-Key is ours alone.
    assert outcome(Approach(bearer="a gateway's", api_key=READ), Act.READ) == "ok"


def test_a_key_with_origins_is_refused_on_other_pages() -> None:
    def with_origin(text: str, origin: str | None) -> str:
        act = Act.SEND if text == PAGE_WRITE else Act.READ
        return outcome(Approach(bearer=text, origin=origin), act)

    for text in (PAGE, PAGE_WRITE):
        assert with_origin(text, "https://shop.example") == "ok"
        assert with_origin(text, None) == "ok"
        assert with_origin(text, "https://evil.example") == "403"
        assert with_origin(text, "null") == "403"


@pytest.mark.parametrize(
    ("approach", "caller"),
    [
        (
            Approach(bearer=READ),
            Caller(
                how=How.KEY,
                project="shop",
                acts=frozenset({Act.READ}),
                role=Role.READ,
                key=KNOWN.key(READ),
            ),
        ),
        (
            Approach(bearer=ALL),
            Caller(
                how=How.ADMIN_KEY,
                project=ALL_PROJECTS,
                acts=frozenset(Act),
                role=Role.ADMIN,
                key=KNOWN.key(ALL),
            ),
        ),
        (
            local(),
            Caller(how=How.PROTECTED, project="default", acts=frozenset({Act.SEND, Act.READ})),
        ),
        (Approach(), None),
    ],
    ids=["key", "admin key", "protected", "nobody"],
)
def test_who_is_asking(approach: Approach, caller: Caller | None) -> None:
    assert identify(approach, KNOWN, NOW) == caller


# Protected mode


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "LOCALHOST:8000",
        "127.0.0.1",
        "127.0.0.1:1",
        "[::1]",
        "[::1]:65535",
    ],
)
def test_protected_mode_is_for_this_machine(host: str) -> None:
    assert is_protected(local(host=host))


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.com",
        "localhost.example.com",
        "localhost.",
        "evil.example:8000",  # re-bound to 127.0.0.1
        "127.0.0.1.nip.io",
        "127.0.0.2",
        "127.1",
        "2130706433",
        "0.0.0.0",
        "::1",
        "[::1",
        "[::ffff:127.0.0.1]",
        "localhost:8000:80",
        "localhost:",
        "localhost:x",
        "localhost:٣",
        "localhost\n",
        "localhost, evil.example",
        "user@localhost",
        "localhost/",
        "ﬁlocalhost",
    ],
)
def test_any_other_host_needs_a_key(host: str) -> None:
    assert not is_protected(local(host=host))
    assert outcome(local(host=host), Act.READ, "default") == "401"
    assert outcome(local(host=host), Act.SEND, "default") == "401"


@pytest.mark.parametrize("more", [{"loopback": False}, {"forwarded": True}], ids=str)
def test_a_server_that_others_can_reach_needs_a_key(more: dict[str, bool]) -> None:
    assert outcome(local(**more), Act.READ, "default") == "401"
    assert outcome(local(**more), Act.SEND, "default") == "401"


def test_what_is_not_said_counts_against_the_caller() -> None:
    assert not is_protected(Approach(host="localhost"))
    assert not is_protected(Approach(host="localhost", loopback=True))
    assert not is_protected(Approach(host="localhost", forwarded=False))


@pytest.mark.parametrize("act", Act)
def test_protected_mode_grants_sending_and_reading_on_default_alone(act: Act) -> None:
    granted = "ok" if act in (Act.SEND, Act.READ) else "401"

    assert outcome(local(), act, "default") == granted
    for project in ("shop", "nowhere", ALL_PROJECTS):
        assert outcome(local(), act, project) == "401"
    assert outcome(local(bearer=ALL), act, "shop") == "ok"


@pytest.mark.parametrize(
    ("origin", "read"),
    [
        (None, "ok"),
        ("http://localhost:8000", "ok"),
        ("http://127.0.0.1:8000", "401"),
        ("http://localhost", "401"),
        ("http://localhost:3000", "401"),
        ("https://localhost:8000", "401"),
        ("https://evil.example", "401"),
        ("http://localhost:8000.evil.example", "401"),
        ("null", "401"),
        ("", "401"),
    ],
)
def test_a_foreign_page_may_send_but_not_read(origin: str | None, read: str) -> None:
    assert outcome(local(origin=origin), Act.READ, "default") == read
    assert outcome(local(origin=origin), Act.SEND, "default") == "ok"
