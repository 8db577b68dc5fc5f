"""The soak in its short form; `make soak` is the long one."""

from pathlib import Path

from tests.soak.run import soak


def test_files_and_threads_stay_flat(tmp_path: Path) -> None:
    told: list[str] = []
    watch, sent, stored = soak(tmp_path / "data", seconds=12, per_second=400, tell=told.append)

    assert stored == sent > 500
    assert set(watch.samples) == {"serve", "engine", "load", "web"}
    for role in watch.samples:
        grown = watch.growth(role)
        # In so short a time pools still fill; a leak with each of the 40 inserts would show.
        assert grown.files <= 24, (role, watch.samples[role])
        assert grown.threads <= 24, (role, watch.samples[role])
