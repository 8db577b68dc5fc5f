import pytest

from desirepath.cli.importing import visits as module
from desirepath.cli.importing.visits import Visits

START = 1_431_864_000.0


@pytest.mark.parametrize(
    ("minutes", "numbers"),
    [
        pytest.param([0, 29, 58], [0, 0, 0], id="pauses under 30 minutes"),
        pytest.param([0, 30, 60.1], [0, 0, 1], id="a pause of more"),
        pytest.param([10, 0, 40], [0, 0, 0], id="a line that comes late"),
        pytest.param([0, 25, 50, 5], [0, 0, 0, 0], id="late, inside the session"),
        pytest.param([40, 0], [0, 1], id="too late"),
        pytest.param([20 * n for n in range(74)], [0] * 73 + [1], id="no more than 24 hours"),
    ],
)
def test_one_visitor(minutes: list[float], numbers: list[int]) -> None:
    visits = Visits(b"salt")
    found = [visits.session("ann", START + minute * 60) for minute in minutes]

    assert [list(dict.fromkeys(found)).index(session) for session in found] == numbers


def test_visitors_do_not_share_sessions_and_nobody_has_none() -> None:
    visits = Visits(b"salt")
    known = [
        ("192.0.2.1", "A"),
        ("192.0.2.2", "A"),
        ("192.0.2.1", "B"),
        ("", "A"),
        ("192.0.2.1", ""),
    ]
    found = {visits.session(visits.visitor(*who), START) for who in known}

    assert len(found) == len(known)
    assert visits.session(visits.visitor("", ""), START) == ""


def test_another_import_has_other_sessions() -> None:
    found = {Visits(salt).session("ann", START) for salt in (b"one", b"two")}

    assert len(found) == 2


def test_sessions_that_ended_are_forgotten() -> None:
    visits = Visits(b"salt")
    for number in range(10_000):
        visits.session(f"visitor {number}", START + number * 10)

    assert len(visits.open) == 2 * module.IDLE / 10 + 1


def test_memory_is_bounded_in_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OPEN", 100)
    visits = Visits(b"salt")
    first = visits.session("visitor 0", START)
    for number in range(1, 1000):
        visits.session(f"visitor {number}", START)

    assert len(visits.open) == 100
    assert visits.session("visitor 999", START) in {visit.session for visit in visits.open.values()}
    assert first not in {visit.session for visit in visits.open.values()}


def test_going_on_gives_the_same_sessions() -> None:
    lines = [(f"visitor {n % 7}", START + n * 500) for n in range(200)]
    whole = Visits(b"salt")
    expected = [whole.session(*line) for line in lines]
    before = Visits(b"salt")
    found = [before.session(*line) for line in lines[:90]]
    after = Visits(b"salt", dict(before.open))
    found += [after.session(*line) for line in lines[90:]]

    assert found == expected
