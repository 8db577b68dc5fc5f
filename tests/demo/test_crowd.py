"""The demo is plausible: by simple statistics over one history, and through the real ingest."""

from collections import Counter, defaultdict
from itertools import islice, pairwise
from statistics import median
from typing import Any

import msgspec
import pytest

from desirepath.demo import Crowd, Sent
from desirepath.demo.bots import BOTS
from desirepath.formats import trackflow
from desirepath.ingest import HEADERS, recognise
from desirepath.ingest.base import Hit
from desirepath.model.event import Event
from desirepath.model.project import Project

END = 1_795_000_000.0  # 2026-11-18, a Wednesday
EVENTS = 20_000
DAY = 86_400
MACHINES = {bot.user_agent for bot in BOTS}

Wire = dict[str, Any]


def events_of(sent: Sent) -> list[Wire]:
    found: list[Wire] = msgspec.json.decode(sent.body)["events"]
    return found


@pytest.fixture(scope="module")
def history() -> list[Sent]:
    return list(Crowd(7).history(END, events=EVENTS))


@pytest.fixture(scope="module")
def visits(history: list[Sent]) -> list[list[Wire]]:
    """The events of people, by session, in order."""
    found: dict[str, list[Wire]] = defaultdict(list)
    for sent in history:
        if sent.user_agent not in MACHINES:
            for event in events_of(sent):
                found[event["sessionId"]].append(event)
    return list(found.values())


def of(visit: list[Wire], kind: str) -> list[Wire]:
    return [event for event in visit if event["eventType"] == kind]


def share(values: list[bool]) -> float:
    return sum(values) / len(values)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second, other = (
        list(Crowd(seed).history(END, events=500)) for seed in (1, 1, 2)
    )  # fmt: skip

    assert first == second
    assert first != other


def test_as_many_as_asked_for_up_to_the_end_in_order(history: list[Sent]) -> None:
    times = [sent.received_at for sent in history]

    assert sum(len(events_of(sent)) for sent in history) == pytest.approx(EVENTS, rel=0.08)
    assert times == sorted(times)
    assert END - 30 * DAY <= times[0] < END - 29 * DAY
    assert END - DAY / 2 < times[-1] <= END


def test_every_id_is_there_once_and_tells_its_time(history: list[Sent]) -> None:
    ids = [event["eventId"] for sent in history for event in events_of(sent)]

    assert len(set(ids)) == len(ids)
    assert {id_[14] for id_ in ids} == {"7"}
    first = int(ids[0].replace("-", "")[:12], 16) / 1000
    assert history[0].received_at - 60 < first < history[0].received_at


def test_visits_are_as_long_as_visits_are(visits: list[list[Wire]]) -> None:
    pages = [len(of(visit, "page_view")) for visit in visits]
    seconds = [(visit[-1]["timestamp"] - visit[0]["timestamp"]) / 1000 for visit in visits]

    assert 0.35 < share([count == 1 for count in pages]) < 0.55
    assert 2.5 < sum(pages) / len(pages) < 4.5
    assert max(pages) > 12
    assert 10 < median(seconds) < 90


def test_there_is_a_day_and_a_night_and_a_weekend(history: list[Sent]) -> None:
    american = [sent for sent in history if "en-US" in sent.headers.get("accept-language", "")]
    hours = Counter(int((sent.received_at / 3600 - 6) % 24) for sent in american)
    weeks = [sent.received_at for sent in history if sent.received_at >= END - 28 * DAY]
    days = Counter(int((time // DAY + 3) % 7) for time in weeks)

    evening, night = sum(hours[h] for h in (18, 19, 20, 21)), sum(hours[h] for h in (1, 2, 3, 4))
    assert evening > 6 * night
    assert (days[5] + days[6]) / 2 > 1.08 * sum(days[day] for day in range(5)) / 5


def test_people_come_back(visits: list[list[Wire]]) -> None:
    times = Counter(visit[0]["anonymousId"] for visit in visits if visit[0]["anonymousId"])

    assert 0.45 < share([bool(visit[0]["anonymousId"]) for visit in visits]) < 0.75
    assert 0.15 < share([count > 1 for count in times.values()]) < 0.5
    assert max(times.values()) >= 5
    assert any(event["userId"] for visit in visits for event in visit)


def test_few_buy_and_most_checkouts_are_given_up(visits: list[list[Wire]]) -> None:
    filled = [visit for visit in visits if of(visit, "add_to_cart")]
    begun = [
        visit
        for visit in visits
        if any(click["properties"].get("action") == "start" for click in of(visit, "click"))
    ]
    bought = [visit for visit in visits if of(visit, "purchase")]

    assert 0.015 < len(bought) / len(visits) < 0.06
    assert 0.6 < 1 - len(bought) / len(filled) < 0.9
    assert 0.25 < 1 - len(bought) / len(begun) < 0.75
    assert all(
        purchase["properties"]["value"] > 0 for v in bought for purchase in of(v, "purchase")
    )


def test_clicks_follow_links(visits: list[list[Wire]]) -> None:
    followed = total = 0
    for visit in visits:
        for before, after in pairwise(of(visit, "page_view")):
            assert after["referrer"] == before["pageUrl"].partition("?")[0]
            total += 1
            last = [c for c in of(visit, "click") if c["timestamp"] <= after["timestamp"]][-1]
            href = last["properties"].get("href")
            followed += href is not None and href == after["pageUrl"].partition("?")[0]

    assert followed / total > 0.8  # the others are buttons and the search field


def test_clicks_are_inside_their_element_and_their_page(visits: list[list[Wire]]) -> None:
    clicks = [click["properties"] for visit in visits for click in of(visit, "click")]

    assert len(clicks) > 5000
    for click in clicks:
        assert 0 <= click["x"] < click["documentW"]
        assert 0 <= click["y"] < click["documentH"]
        assert 0 <= click["rx"] <= 65535
        assert 0 <= click["screenY"] == click["y"] - click["scrollY"] < click["viewportH"]
    middle = share([16_000 < click["rx"] < 49_500 for click in clicks])
    assert 0.75 < middle < 0.95


def test_some_click_in_rage_on_what_does_not_answer(visits: list[list[Wire]]) -> None:
    bursts = Counter[str]()
    for visit in visits:
        for three in zip(*(of(visit, "click")[n:] for n in range(3)), strict=False):
            keys = {click["properties"]["elementKey"] for click in three}
            quick = three[2]["timestamp"] - three[0]["timestamp"] < 2000
            if len(keys) == 1 and quick and three[0]["properties"]["responseKind"] == "none":
                bursts[keys.pop()] += 1

    assert set(bursts) == {"#continue", "#zoom"}


def test_errors_have_few_causes_and_some_browsers_have_more(history: list[Sent]) -> None:
    groups: dict[str, set[str]] = defaultdict(set)
    errors = pages = 0
    for sent in history:
        for item in trackflow.read(sent.body).items:
            assert isinstance(item.row, Event)
            pages += item.row.type == "page_view"
            if item.row.type == "error":
                errors += 1
                groups[item.row.error_group].add(item.row.browser)

    assert 0.01 < errors / pages < 0.08
    assert 6 <= len(groups) <= 12
    assert {"Safari"} < {browser for found in groups.values() for browser in found}
    assert any(found <= {"Safari", "Chrome"} for found in groups.values())


def test_load_times_are_skewed_and_slower_on_phones(visits: list[list[Wire]]) -> None:
    loads: dict[str, list[float]] = defaultdict(list)
    for visit in visits:
        for event in of(visit, "performance"):
            assert 0 < event["properties"]["domContentLoaded"] < event["properties"]["loadTime"]
            loads[event["deviceInfo"]["deviceType"]].append(event["properties"]["loadTime"])
    desktop, mobile = sorted(loads["desktop"]), sorted(loads["mobile"])

    assert 500 < median(desktop) < 2000
    assert 1.2 < median(mobile) / median(desktop) < 3
    tail = desktop[int(0.95 * len(desktop))] - median(desktop)
    assert tail > 1.4 * (median(desktop) - desktop[int(0.05 * len(desktop))])


def test_machines_are_flagged_and_nobody_else(history: list[Sent]) -> None:
    project = Project(id="demo")
    for sent in history:
        headers = {name: sent.headers[name] for name in HEADERS & sent.headers.keys()}
        hit = Hit(
            project=project,
            received_at=sent.received_at,
            ip=sent.ip,
            user_agent=sent.user_agent,
            headers=headers,
        )
        recognise(hit)

        assert (hit.bot is not None) is (sent.user_agent in MACHINES), sent
        assert hit.bot is not None or hit.refused or hit.agent.browser


def test_countries_come_from_the_addresses_that_are_given() -> None:
    known = {"NO": ["198.51.100.1", "198.51.100.2"], "JP": ["203.0.113.7"]}
    found = {
        (sent.ip, sent.headers.get("accept-language", "")[:2])
        for sent in Crowd(1, addresses=known).history(END, events=3000)
        if sent.user_agent not in MACHINES
    }

    assert found == {("198.51.100.1", "nb"), ("198.51.100.2", "nb"), ("203.0.113.7", "ja")}


def test_without_a_place_database_nobody_is_anywhere(history: list[Sent]) -> None:
    assert {sent.ip.rpartition(".")[0].rpartition(".")[0] for sent in history} == {
        "198.18", "198.19",
    }  # fmt: skip


def test_a_trickle_goes_on_from_now() -> None:
    crowd = Crowd(3)
    list(crowd.history(END, events=500))
    sent = list(islice(crowd.trickle(END, per_minute=6), 400))
    again = list(islice(Crowd(3).trickle(END, per_minute=6), 400))

    times = [one.received_at for one in sent]
    minutes = (times[-1] - END) / 60
    begun = sum(event["eventType"] == "page_view" for one in sent for event in events_of(one))
    assert times == sorted(times)
    assert times[0] > END
    assert 3 < begun / minutes < 60
    assert again == list(islice(Crowd(3).trickle(END, per_minute=6), 400))
