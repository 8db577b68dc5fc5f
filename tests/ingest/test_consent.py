import pytest

from desirepath.ingest import STEPS, Dropped, recognise, run
from desirepath.ingest.base import UNKNOWN
from desirepath.model.event import Event
from tests.ingest.hits import NOW, event, hit

GPC, DNT = {"sec-gpc": "1"}, {"dnt": "1"}


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        pytest.param({"headers": GPC}, True, id="GPC is honoured by default"),
        pytest.param({"headers": GPC, "project_honour_gpc": False}, False, id="GPC can be off"),
        pytest.param({"headers": DNT}, False, id="DNT is not honoured by default"),
        pytest.param({"headers": DNT, "project_honour_dnt": True}, True, id="DNT can be on"),
        pytest.param({"headers": {"sec-gpc": "0"}}, False, id="0 is no signal"),
        pytest.param({"headers": {"sec-gpc": "true"}}, False, id="only 1 is a signal"),
        pytest.param({"headers": {}}, False, id="no header"),
        pytest.param({"headers": GPC, "live": False}, False, id="an import has no browser"),
    ],
)
def test_the_browsers_signal(changes: dict[str, object], refused: bool) -> None:
    asked = hit(**changes)

    recognise(asked)

    assert asked.refused is (Dropped.CONSENT if refused else None)
    assert run(event(), asked, STEPS) is (Dropped.CONSENT if refused else None)


def test_nothing_is_worked_out_about_a_person_who_said_no() -> None:
    asked = hit(headers=GPC, project_ip_mode="store", locate=lambda ip: pytest.fail(ip))

    recognise(asked)

    assert (asked.agent, asked.bot, asked.pseudonym, asked.stored_ip) == (UNKNOWN, None, "", "")


def test_a_refused_event_is_not_touched() -> None:
    asked, sent = hit(headers=GPC), event(page_url="https://a.example/?email=ann@mail.example")
    recognise(asked)

    run(sent, asked, STEPS)

    assert sent == Event(
        surface="trackflow",
        type="page_view",
        event_id=sent.event_id,
        time=NOW,
        page_url="https://a.example/?email=ann@mail.example",
    )
