"""Who may do what: decided from what a request shows of itself. Nothing here knows HTTP.

    may          send   read   erase, reset, manage
    write key     x                                    public: it stands in web pages
    read key             x                             secret
    admin key     x      x      x                      secret; of one project, or of all
    no key        x      x      only in protected mode, only on `default`

1. A key in a header wins over `?key=`, and a wrong key is refused, never passed over: whoever
   sends a revoked key must learn that, even where no key would have been asked for.
2. `?key=` and `tenantId` carry write keys only: addresses end up in logs and histories, and
   bodies are written by pages.
3. A key of another project gets one answer, whether or not that project exists.

`admit` decides for a route; for events that are sent see `sending`.
"""

from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from desirepath.errors import NotAllowed, NotFound
from desirepath.model.project import ALL_PROJECTS, DEFAULT_PROJECT, Key, Project, Role
from desirepath.projects.origins import admits
from desirepath.projects.protected import Approach, is_protected, is_same_origin


class Act(StrEnum):
    """What a caller wants to do with a project."""

    SEND = "send"
    READ = "read"
    ERASE = "erase"  # a person's events
    RESET = "reset"  # a surface's events
    MANAGE = "manage"  # settings, keys, members, destinations, imports


MAY = {
    Role.WRITE: frozenset({Act.SEND}),
    Role.READ: frozenset({Act.READ}),
    Role.ADMIN: frozenset(Act),
}
_MAY_UNPROVED = frozenset({Act.SEND, Act.READ})


class How(StrEnum):
    """What a caller may act by."""

    KEY = "key"  # of one project
    ADMIN_KEY = "admin_key"  # of all projects
    PROTECTED = "protected"  # nothing but being on this machine


class Caller(Struct, frozen=True, kw_only=True):
    """Somebody who may do `acts` in `project`."""

    how: How
    project: str  # or ALL_PROJECTS
    acts: frozenset[Act]
    role: Role | None = None  # None: protected mode
    key: Key | None = None


class Known(Protocol):
    """What is asked of a `Directory`, or of a `Snapshot`."""

    def project(self, project_id: str, /) -> Project | None: ...

    def key(self, text: str, /) -> Key | None: ...


_UNPROVED = Caller(how=How.PROTECTED, project=DEFAULT_PROJECT, acts=_MAY_UNPROVED)


def admit(approach: Approach, act: Act, project_id: str, known: Known, now: float) -> Caller:
    """Let the caller do `act` in `project_id` (ALL_PROJECTS: in all), or raise.

    NotAllowed with `authenticated` False (401: bring a key) or True (403: not with this one);
    NotFound only to whoever may see all projects.
    """
    caller = identify(approach, known, now)
    if caller is None:
        raise NotAllowed(f"A key is needed to {act} here. {_WHERE}")
    if act not in caller.acts:
        raise beyond(caller, act)
    if caller.how is How.PROTECTED and act is Act.READ and not is_same_origin(approach):
        raise NotAllowed(f"A page of {approach.origin} may not read without a key.")
    if caller.project not in (ALL_PROJECTS, project_id):
        raise _elsewhere(caller)
    if project_id != ALL_PROJECTS and known.project(project_id) is None:
        raise NotFound(f"There is no project {project_id[:100]!r}.", field="project")
    return caller


def identify(approach: Approach, known: Known, now: float) -> Caller | None:
    """Who is asking. None: nobody that is known, and not in protected mode.

    NotAllowed where a key was shown that is wrong, in the wrong place, or used on a page whose
    origin it does not accept.
    """
    in_header = approach.header_key
    text = in_header or approach.query_key
    if not text:
        return _UNPROVED if is_protected(approach) else None
    key = known.key(text)
    if key is None or not key.usable(now):
        raise NotAllowed("This key is not known here, or was revoked, or has expired.")
    if not in_header and key.role is not Role.WRITE:
        raise NotAllowed(
            f"A {key.role} key is secret and goes into a header, never into an address. "
            "It may be in logs now: make another and revoke this one.",
            authenticated=True,
        )
    if not admits(key.origins, approach.origin):
        raise NotAllowed(
            f"This key may not be used on pages of {approach.origin!r}.",
            authenticated=True,
        )
    return caller_by(key)


def caller_by(key: Key) -> Caller:
    """Whoever shows this key."""
    how = How.ADMIN_KEY if key.project == ALL_PROJECTS else How.KEY
    return Caller(how=how, project=key.project, acts=MAY[key.role], role=key.role, key=key)


def beyond(caller: Caller, act: Act) -> NotAllowed:
    """The refusal of an act that the caller's role does not include."""
    if caller.how is How.PROTECTED:
        return NotAllowed(
            f"To {act}, the admin key is needed; it lies in admin.key in the data folder. {_WHERE}"
        )
    needed = "a read or an admin key" if act is Act.READ else "an admin key"
    if act is Act.SEND:
        needed = "a write or an admin key"
    return NotAllowed(f"A {caller.role} key may not {act}: {needed} may.", authenticated=True)


_WHERE = "Send it as 'Authorization: Bearer ...' or 'X-API-Key: ...'."


def _elsewhere(caller: Caller) -> NotAllowed:
    if caller.how is How.PROTECTED:
        return NotAllowed(f"Without a key only the project 'default' is open. {_WHERE}")
    return NotAllowed("This key is of another project.", authenticated=True)
