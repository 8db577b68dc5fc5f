"""`/api/v1/projects`: projects, their settings and their keys. Changes need an admin key."""

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from msgspec import Struct

from desirepath.api.access import MANAGE, READ, allow, permit
from desirepath.api.answer import answer
from desirepath.api.reading import read_json
from desirepath.api.services import Services
from desirepath.model.project import ALL_PROJECTS, Key, Project, Role

if TYPE_CHECKING:
    from desirepath.projects.control import Control


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
        return answer({"data": services.control.list_projects()})

    @router.post("", status_code=201, summary="Make a project.")
    async def create_project(request: Request) -> Response:
        permit(services, request, ALL_PROJECTS, MANAGE)
        wanted = await read_json(services, request, Project)
        return answer(await services.change(lambda to: to.create_project(wanted)), 201)

    @router.get("/{project}", summary="The settings of a project.")
    def show_project(request: Request, project: str) -> Response:
        return answer(allow(services, request, project, READ))

    @router.patch("/{project}", summary="Change some settings of a project.")
    async def change_project(request: Request, project: str) -> Response:
        permit(services, request, project, MANAGE)
        changes = await read_json(services, request, dict[str, Any])
        return answer(await services.change(lambda to: to.update_project(project, changes)))

    @router.delete("/{project}", status_code=204, summary="Close a project; revoke its keys.")
    async def delete_project(request: Request, project: str) -> Response:
        permit(services, request, ALL_PROJECTS, MANAGE)
        await services.change(lambda to: to.delete_project(project))
        return Response(status_code=204)

    @router.get("/{project}/keys", summary="The keys of a project, without their secrets.")
    def list_keys(request: Request, project: str) -> Response:
        permit(services, request, project, MANAGE)
        return answer({"data": services.control.list_keys(project)})

    @router.post("/{project}/keys", status_code=201, summary="Make a key; shown once.")
    async def mint_key(request: Request, project: str) -> Response:
        permit(services, request, project, MANAGE)
        wanted = await read_json(services, request, NewKey)
        return answer(await services.change(lambda to: _mint(to, project, wanted)), 201)

    @router.delete("/{project}/keys/{key}", summary="Revoke a key; refused within 5 seconds.")
    async def revoke_key(request: Request, project: str, key: str) -> Response:
        permit(services, request, project, MANAGE)
        return answer(await services.change(lambda to: to.revoke_key(project, key)))

    return router


def _mint(to: "Control", project: str, wanted: NewKey) -> MintedKey:
    minted = to.mint_key(
        project,
        wanted.role,
        name=wanted.name,
        origins=wanted.origins,
        rate_per_second=wanted.rate_per_second,
        expires_at=wanted.expires_at,
    )
    return MintedKey(minted.text, minted.key)
