"""`/api/v1/projects`: projects, their settings and their keys. Changes need an admin key."""

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Struct

from desirepath.api.access import MANAGE, READ, allow, permit
from desirepath.api.reading import read_json
from desirepath.api.services import Services
from desirepath.model.project import ALL_PROJECTS, Key, Project, Role


class NewKey(Struct, forbid_unknown_fields=True):
    """What a key is to be."""

    role: Role
    name: str = ""
    origins: list[str] = []
    rate_per_second: int = 0
    expires_at: float | None = None


class MintedKey(Struct):
    """A new key. `secret` is shown this once and never again."""

    secret: str
    key: Key


def routes(services: Services) -> APIRouter:
    """Every route about projects and keys."""
    router = APIRouter(prefix="/api/v1/projects", tags=["projects"])

    @router.get("", summary="Every project.")
    def list_projects(request: Request) -> Response:
        permit(services, request, ALL_PROJECTS, MANAGE)
        return _json({"data": services.control.list_projects()})

    @router.post("", status_code=201, summary="Make a project.")
    async def create_project(request: Request) -> Response:
        permit(services, request, ALL_PROJECTS, MANAGE)
        wanted = await read_json(request, Project)
        return _json(services.control.create_project(wanted), 201)

    @router.get("/{project}", summary="The settings of a project.")
    def show_project(request: Request, project: str) -> Response:
        return _json(allow(services, request, project, READ))

    @router.patch("/{project}", summary="Change some settings of a project.")
    async def change_project(request: Request, project: str) -> Response:
        permit(services, request, project, MANAGE)
        changes = await read_json(request, dict[str, Any])
        return _json(services.control.update_project(project, changes))

    @router.delete("/{project}", status_code=204, summary="Close a project; revoke its keys.")
    def delete_project(request: Request, project: str) -> Response:
        permit(services, request, ALL_PROJECTS, MANAGE)
        services.control.delete_project(project)
        return Response(status_code=204)

    @router.get("/{project}/keys", summary="The keys of a project, without their secrets.")
    def list_keys(request: Request, project: str) -> Response:
        permit(services, request, project, MANAGE)
        return _json({"data": services.control.list_keys(project)})

    @router.post("/{project}/keys", status_code=201, summary="Make a key; shown once.")
    async def mint_key(request: Request, project: str) -> Response:
        permit(services, request, project, MANAGE)
        wanted = await read_json(request, NewKey)
        minted = services.control.mint_key(
            project,
            wanted.role,
            name=wanted.name,
            origins=wanted.origins,
            rate_per_second=wanted.rate_per_second,
            expires_at=wanted.expires_at,
        )
        return _json(MintedKey(minted.text, minted.key), 201)

    @router.delete("/{project}/keys/{key}", summary="Revoke a key; refused within 5 seconds.")
    def revoke_key(request: Request, project: str, key: str) -> Response:
        permit(services, request, project, MANAGE)
        return _json(services.control.revoke_key(project, key))

    return router


def _json(value: object, status: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(value), status, headers, "application/json")
