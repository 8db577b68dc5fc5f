"""The crash run in its short form; `make crash` is the long one, with the control under load.

The control that fails for certain is in tests/loader: the same loader, cut at a known point.
"""

from pathlib import Path

from tests.crash.run import crash


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    outcome = crash(tmp_path / "data", cycles=8, seed=8)

    assert sum(outcome.kills.values()) == 8
    assert outcome.verdict.acknowledged > 500
    assert outcome.good, outcome
