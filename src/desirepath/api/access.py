"""Who may do what, for the routes of FastAPI: one call at the top of each."""

from fastapi import Request

from desirepath.api.head import Head
from desirepath.api.services import Services
from desirepath.errors import NotFound
from desirepath.model.project import Project
from desirepath.projects.access import Act, Caller, admit

READ, MANAGE, ERASE, RESET = Act.READ, Act.MANAGE, Act.ERASE, Act.RESET


def allow(services: Services, request: Request, project: str, act: Act) -> Project:
    """The project, if the caller may do `act` in it. Raises NotAllowed or NotFound."""
    permit(services, request, project, act)
    found = services.directory.project(project)
    if found is None:
        raise NotFound(f"There is no project {project[:100]!r}.", field="project")
    return found


def permit(services: Services, request: Request, project: str, act: Act) -> Caller:
    """The caller, if it may do `act` in `project` (`*`: in all)."""
    approach = Head.of(request.scope).approach(services.on_loopback)
    return admit(approach, act, project, services.directory, services.now())
