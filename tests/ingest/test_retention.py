import pytest

from desirepath.ingest.retention import retention
from tests.ingest.hits import NOW, event, hit


@pytest.mark.parametrize(
    ("surface", "type_", "kept", "expires"),
    [
        pytest.param("trackflow", "page_view", {}, "2027-09-22", id="a year, and the day after"),
        pytest.param("interactions", "view", {}, "2026-12-21", id="90 days"),
        pytest.param("trackflow", "error", {"trackflow": 30}, "2026-10-22", id="the project's"),
        pytest.param(
            "trackflow",
            "error",
            {"trackflow": 30, "trackflow/error": 7},
            "2026-09-29",
            id="the narrower wins",
        ),
        pytest.param("trackflow", "error", {"trackflow": 0}, "2026-09-22", id="only today"),
        pytest.param(
            "trackflow", "error", {"trackflow": 10**7}, "2149-06-06", id="as long as can be"
        ),
    ],
)
def test_expiry(surface: str, type_: str, kept: dict[str, int], expires: str) -> None:
    sent = event(surface=surface, type=type_, time=NOW - 5e6)

    assert retention(sent, hit(project_retention_days=kept)) is None

    assert sent.expires_at == expires


@pytest.mark.parametrize(
    ("received_at", "expires"),
    [
        pytest.param(1_790_035_199.999, "2026-09-23", id="the last moment of a day in UTC"),
        pytest.param(1_790_035_200.0, "2026-09-24", id="the first moment of the next"),
    ],
)
def test_days_are_those_of_utc(received_at: float, expires: str) -> None:
    sent = event()

    retention(sent, hit(received_at=received_at, project_retention_days={"trackflow": 1}))

    assert sent.expires_at == expires
