"""What the settings of a project and the state of a key mean."""

import pytest

from desirepath.model.event import Surface
from desirepath.model.project import DEFAULT_RETENTION, Key, Project, Role


@pytest.mark.parametrize(
    ("days", "surface", "type_", "kept"),
    [
        pytest.param({}, "trackflow", "click", 365, id="the default"),
        pytest.param({}, "interactions", "view", 90, id="the surface's own default"),
        pytest.param({"trackflow": 30}, "trackflow", "click", 30, id="by surface"),
        pytest.param({"trackflow": 30}, "clicks", "click", 365, id="of another surface"),
        pytest.param(
            {"trackflow": 30, "trackflow/error": 7}, "trackflow", "error", 7, id="the type wins"
        ),
        pytest.param({"trackflow/error": 7}, "trackflow", "click", 365, id="of another type"),
    ],
)
def test_how_long_an_event_is_kept(
    days: dict[str, int], surface: str, type_: str, kept: int
) -> None:
    assert Project(id="p", retention_days=days).keeps_days(surface, type_) == kept


def test_every_surface_has_a_default() -> None:
    assert set(DEFAULT_RETENTION) == set(Surface)


@pytest.mark.parametrize(
    ("revoked_at", "expires_at", "usable"),
    [
        pytest.param(None, None, True, id="neither revoked nor expiring"),
        pytest.param(None, 101.0, True, id="expires later"),
        pytest.param(None, 100.0, False, id="expires now"),
        pytest.param(99.0, None, False, id="revoked"),
        pytest.param(99.0, 101.0, False, id="revoked before it expires"),
    ],
)
def test_when_a_key_is_usable(
    revoked_at: float | None, expires_at: float | None, usable: bool
) -> None:
    key = Key(
        id="k",
        project="p",
        role=Role.READ,
        prefix="dp_r_abcdef",
        revoked_at=revoked_at,
        expires_at=expires_at,
    )

    assert key.usable(100.0) is usable


def test_a_project_takes_little_by_default() -> None:
    project = Project(id="p")

    assert (project.ip_mode, project.honour_gpc, project.query_allowlist) == ("drop", True, ())
