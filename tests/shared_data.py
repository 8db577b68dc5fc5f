"""Real input, no part of the project: in DESIREPATH_TEST_DATA, or beside the checkout."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    """The file or folder `name`. Skips where it is absent, fails where it must be there (CI)."""
    path = Path(os.environ.get("DESIREPATH_TEST_DATA", _BESIDE)) / name
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is not there: set DESIREPATH_TEST_DATA to the shared test data")
        pytest.skip(f"{path} is not there")
    return path
