"""The content of refused events is kept up to a limit for each project; their number always."""

import msgspec
import pytest

from desirepath.store import refused_space
from desirepath.store.client import Store
from desirepath.store.refused_space import RefusedSpace
from tests.loader.conftest import Bench

LINE = b'{"project":"p","reason":"malformed","body":"' + b"x" * 400 + b'"}'


def test_over_the_limit_only_the_reason_is_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused_space, "MOST_BYTES", 1000)
    space = RefusedSpace(store)

    kept = [space.fit("one", LINE) for _ in range(4)]

    assert kept[:2] == [LINE, LINE]
    assert [msgspec.json.decode(line) for line in kept[2:]] == [
        {"project": "p", "reason": "malformed"}
    ] * 2
    assert space.fit("another", LINE) == LINE


def test_what_the_store_has_counts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        bench.refuse("malformed")
    bench.load()
    monkeypatch.setattr(refused_space, "MOST_BYTES", 1)
    bench.restart()
    bench.refuse("malformed")
    bench.load()

    assert bench.account().refused_by_reason == {"malformed": 4}
