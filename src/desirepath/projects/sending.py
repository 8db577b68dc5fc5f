"""Whose an event is: decided by the key of its request, else by its own `tenantId`.

`tenantId` is TrackFlow's name for the key that the tracker was given. It may be

* a write key: then it says the project, unless a header or `?key=` said it already;
* the id of the project that the request's key is of, or empty: says nothing new;
* anything, in protected mode: the project `default`. But a text that begins like a key, or the id
  of another project, is what it says it is, and never silently `default`.

What it may not be has a name (`Denied`) and is refused for that event alone.
"""

from enum import StrEnum

from msgspec import Struct

from desirepath.model.project import ALL_PROJECTS, DEFAULT_PROJECT, Key, Project, Role
from desirepath.projects.access import Act, How, Known, beyond, identify
from desirepath.projects.keys import is_meant_as_key
from desirepath.projects.origins import admits
from desirepath.projects.protected import Approach


class Denied(StrEnum):
    """Why an event has no project. Its request counts, its content is not kept."""

    NO_KEY = "no_key"
    UNKNOWN_KEY = "unknown_key"
    SECRET_KEY = "secret_key"
    WRONG_PROJECT = "wrong_project"
    WRONG_ORIGIN = "wrong_origin"


MESSAGES = {
    Denied.NO_KEY: "No key came with this event: send it in a header, as ?key=, or as tenantId.",
    Denied.UNKNOWN_KEY: "The key in tenantId is not known here, or was revoked, or has expired.",
    Denied.SECRET_KEY: (
        "A read or admin key came as tenantId. It may be public now: make another and revoke it. "
        "Pages send write keys."
    ),
    Denied.WRONG_PROJECT: "tenantId is of another project than the key that came with the request.",
    Denied.WRONG_ORIGIN: "The project, or its key, does not accept events from this origin.",
}


class Sender(Struct, frozen=True, kw_only=True):
    """For whom an event is taken, and against which limits it counts."""

    project: Project
    key: Key | None  # None: protected mode


class Senders:
    """The senders of one request's events: `Senders(...)` once, then `of(tenant_id)` for each.

    Raises NotAllowed at once where the request's own key cannot send.
    """

    def __init__(self, approach: Approach, known: Known, now: float) -> None:
        self._approach = approach
        self._known = known
        self._now = now
        self._caller = identify(approach, known, now)
        if self._caller is not None and Act.SEND not in self._caller.acts:
            raise beyond(self._caller, Act.SEND)
        # All events of a request mostly carry the same one.
        self._found: dict[str, Sender | Denied] = {}

    @property
    def project(self) -> str | None:
        """The project that the request's own key is of; None where it has none, or is of all."""
        caller = self._caller
        key = caller.key if caller is not None else None
        return None if key is None or key.project == ALL_PROJECTS else key.project

    def of(self, tenant_id: str) -> Sender | Denied:
        """Who sent an event with this `tenantId` ("" where it has none)."""
        found = self._found.get(tenant_id)
        if found is None:
            found = self._found[tenant_id] = self._decide(tenant_id)
        return found

    def _decide(self, tenant_id: str) -> Sender | Denied:
        named = self._name(tenant_id)
        if isinstance(named, Denied):
            return named
        project_id, key = named
        project = self._known.project(project_id)
        if project is None:
            return Denied.WRONG_PROJECT
        origin = self._approach.origin
        if not admits(project.allowed_origins, origin):
            return Denied.WRONG_ORIGIN
        if key is not None and not admits(key.origins, origin):
            return Denied.WRONG_ORIGIN
        return Sender(project=project, key=key)

    def _name(self, tenant_id: str) -> tuple[str, Key | None] | Denied:
        """The id of the project, and the key that says so."""
        caller = self._caller
        own = self._key_in(tenant_id)
        if isinstance(own, Denied):
            # To whoever has a key of a project, an unknown key is as good as a foreign one.
            foreign = own is Denied.UNKNOWN_KEY and caller is not None and caller.key is not None
            return Denied.WRONG_PROJECT if foreign else own
        if caller is None:
            if own is None:
                return Denied.UNKNOWN_KEY if tenant_id else Denied.NO_KEY
            return own.project, own
        if caller.how is How.PROTECTED:
            if own is not None:
                return own.project, own
            taken = tenant_id != DEFAULT_PROJECT and self._known.project(tenant_id) is not None
            return Denied.WRONG_PROJECT if taken else (DEFAULT_PROJECT, None)
        named = own.project if own is not None else tenant_id
        if caller.project == ALL_PROJECTS:
            return named or DEFAULT_PROJECT, caller.key
        return (
            (caller.project, caller.key) if named in ("", caller.project) else Denied.WRONG_PROJECT
        )

    def _key_in(self, tenant_id: str) -> Key | Denied | None:
        if not is_meant_as_key(tenant_id):
            return None
        key = self._known.key(tenant_id)
        if key is None or not key.usable(self._now):
            return Denied.UNKNOWN_KEY
        return key if key.role is Role.WRITE else Denied.SECRET_KEY
