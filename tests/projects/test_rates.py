import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.model.project import Key, Project, Role
from desirepath.projects.rates import Rates


def shop(rate: int) -> Project:
    return Project(id="shop", rate_per_second=rate)


def page(rate: int, key_id: str = "k") -> Key:
    return Key(id=key_id, project="shop", role=Role.WRITE, prefix="dp_w_", rate_per_second=rate)


def test_a_burst_then_the_rate() -> None:
    rates = Rates(burst_seconds=2)
    eighths = range(41)

    taken = [eighth for eighth in eighths if rates.take(shop(8), None, 8, eighth / 8) == 0.0]

    # 16 events at once (the first two requests), and 8 more with every second.
    assert taken == [0, 1, 8, 16, 24, 32, 40]


@given(
    st.integers(1, 500),
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 500)), max_size=60),
    st.floats(0.1, 10),
)
def test_over_any_time_the_rate_holds(
    rate: int, requests: list[tuple[float, int]], burst: float
) -> None:
    rates = Rates(burst_seconds=burst)
    now, taken, last = 1000.0, 0, 0
    for pause, events in requests:
        now += pause
        if rates.take(shop(rate), None, events, now) == 0.0:
            taken += events
            last = events
    # All but the last batch, which may overdraw.
    assert taken - last <= max(1.0, rate * burst) + rate * (now - 1000.0) + 1e-6


@given(st.integers(1, 500), st.integers(1, 500), st.integers(1, 500))
def test_waiting_as_long_as_told_is_enough_and_less_is_not(
    rate: int, first: int, second: int
) -> None:
    rates = Rates()
    while rates.take(shop(rate), None, first, 50.0) == 0.0:
        pass
    wait = rates.take(shop(rate), None, second, 50.0)
    if wait == 0.0:
        return
    assert rates.take(shop(rate), None, second, 50.0 + wait * 0.99) > 0.0
    assert rates.take(shop(rate), None, second, 50.0 + wait * 1.000001) == 0.0


def test_a_batch_larger_than_the_bucket_passes_and_is_paid_for_afterwards() -> None:
    rates = Rates(burst_seconds=2)

    assert rates.take(shop(10), None, 500, 0.0) == 0.0
    assert rates.take(shop(10), None, 1, 0.0) == pytest.approx(48.1)
    assert rates.take(shop(10), None, 1, 48.0) == pytest.approx(0.1)
    assert rates.take(shop(10), None, 1, 48.2) == 0.0


def test_no_rate_is_no_limit_and_no_bucket() -> None:
    rates = Rates()

    assert all(rates.take(shop(0), page(0), 500, 0.0) == 0.0 for _ in range(1000))
    assert len(rates) == 0


def test_both_limits_are_asked_and_neither_is_charged_for_what_is_refused() -> None:
    rates = Rates(burst_seconds=1)
    assert rates.take(shop(100), page(10, "a"), 10, 0.0) == 0.0

    for _ in range(50):  # refused for the key's sake
        assert rates.take(shop(100), page(10, "a"), 10, 0.0) == pytest.approx(1.0)

    assert rates.take(shop(100), page(0, "b"), 90, 0.0) == 0.0  # 90 of the project are left
    assert rates.take(shop(100), page(0, "b"), 100, 0.0) == pytest.approx(1.0)
    assert rates.take(shop(100), page(10, "c"), 10, 0.0) == pytest.approx(0.1)


def test_projects_and_keys_have_buckets_of_their_own() -> None:
    rates = Rates(burst_seconds=1)
    other = Project(id="other", rate_per_second=10)
    # Ids of a project and of a key may be the same text.
    key = Key(id="shop", project="other", role=Role.WRITE, prefix="", rate_per_second=10)

    assert rates.take(shop(10), None, 10, 0.0) == 0.0
    assert rates.take(other, key, 10, 0.0) == 0.0
    assert rates.take(shop(10), None, 1, 0.0) > 0.0


def test_a_new_rate_counts_at_once() -> None:
    rates = Rates(burst_seconds=1)
    assert rates.take(shop(10), None, 10, 0.0) == 0.0
    assert rates.take(shop(10), None, 10, 0.1) > 0.0

    assert rates.take(shop(1000), None, 10, 0.2) == 0.0
    assert rates.take(shop(0), None, 10_000, 0.2) == 0.0


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    rates = Rates(burst_seconds=1)
    assert rates.take(shop(10), None, 10, 100.0) == 0.0

    assert rates.take(shop(10), None, 10, 50.0) == pytest.approx(1.0)
    assert rates.take(shop(10), None, 10, 101.0) == 0.0


def test_processes_share_a_rate() -> None:
    processes = [Rates(burst_seconds=1, share=1 / 4) for _ in range(4)]
    taken = 0
    for now in range(100):
        for rates in processes:
            taken += rates.take(shop(100), None, 1, now / 100) == 0.0

    assert taken == pytest.approx(200, abs=4)


def test_memory_is_bounded_and_forgetting_idle_ones_forgives_nothing() -> None:
    rates = Rates(burst_seconds=1, most=100)
    busy, taken = page(10, "busy"), 0
    for number in range(1000):  # 500 a second, for 2 s
        now = number / 500
        taken += 10 * (rates.take(shop(0), busy, 10, now) == 0.0)
        rates.take(shop(0), page(10, f"passing {number}"), 1, now)
        assert len(rates) <= 100

    assert taken <= 10 + 10 * 2


def test_memory_is_bounded_even_if_none_is_idle() -> None:
    rates = Rates(most=100)
    for number in range(1000):
        rates.take(shop(0), page(1, f"{number}"), 500, 0.0)

    assert len(rates) <= 100
