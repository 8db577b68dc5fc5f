import pytest

from desirepath.ingest.clock import clock
from tests.ingest.hits import NOW, event, hit

DAY = 86_400.0
HOUR = 3_600.0


@pytest.mark.parametrize(
    ("said", "sent_at", "time", "original", "clamped"),
    [
        pytest.param(NOW - 10, None, NOW - 10, None, False, id="a right clock"),
        pytest.param(NOW - 10, NOW - 5, NOW - 10, None, False, id="5 s are the network"),
        pytest.param(NOW - 10, NOW - 5.01, NOW - 4.99, NOW - 10, False, id="5.01 s are the clock"),
        pytest.param(NOW - HOUR - 9, NOW - HOUR, NOW - 9, NOW - HOUR - 9, False, id="an hour slow"),
        pytest.param(NOW + HOUR - 9, NOW + HOUR, NOW - 9, NOW + HOUR - 9, False, id="an hour fast"),
        pytest.param(
            NOW + 3650 * DAY - 9,
            NOW + 3650 * DAY,
            NOW - 9,
            NOW + 3650 * DAY - 9,
            False,
            id="ten years fast, and known",
        ),
        pytest.param(NOW - 365 * DAY, None, NOW - 365 * DAY, None, False, id="a year old"),
        pytest.param(NOW - 365 * DAY - 1, None, NOW, NOW - 365 * DAY - 1, True, id="older"),
        pytest.param(NOW + DAY, None, NOW + DAY, None, False, id="a day ahead"),
        pytest.param(NOW + DAY + 1, None, NOW, NOW + DAY + 1, True, id="further ahead"),
        pytest.param(NOW, NOW - 400 * DAY, NOW, None, True, id="a correction out of the window"),
        pytest.param(0.0, None, NOW, 0.0, True, id="1970"),
        pytest.param(1e300, None, NOW, None, True, id="a time that no column holds is not kept"),
        pytest.param(NOW, 1e300, NOW, None, True, id="a sending time that is no time"),
    ],
)
def test_a_live_event(
    said: float, sent_at: float | None, time: float, original: float | None, clamped: bool
) -> None:
    sent = event(time=said)

    assert clock(sent, hit(sent_at=sent_at)) is None

    assert sent == event(
        time=time,
        time_original=original,
        time_clamped=clamped,
        received_at=NOW,
    )


@pytest.mark.parametrize("said", [NOW - 4000 * DAY, NOW + 4000 * DAY, NOW])
def test_an_import_keeps_its_times(said: float) -> None:
    sent = event(time=said)

    clock(sent, hit(live=False, sent_at=NOW - DAY))

    assert sent == event(time=said, received_at=NOW)
