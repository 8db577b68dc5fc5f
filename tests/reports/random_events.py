"""Random events for the recomputation: dense in ties, pauses, bots, strangers and odd values."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from desirepath.formats.error_group import error_group
from desirepath.model.event import Event
from tests.stories import FOREVER, Placed

PATHS = ["/", "/a", "/b", "/pricing", "/blog/it's", "/ü", "/a|b", ""]
HOSTS = ["example.com", "www.example.com", "shop.example.com"]
REFERRERS = ["", "example.com", "www.example.com", "www.shop.example.com", "google.com", "t.co"]
TYPES = ["page_view"] * 6 + ["click"] * 3 + ["performance"] * 3 + ["error"] * 2
TYPES += ["request", "signup", "open"]
MESSAGES = ["it broke", "it hangs", "x is not defined", "no user 12", "no user 99"]
STACKS = ["", "    at add (https://a/app.js:1:2)", "    at pay (https://a/app.1f2e3d.js:7:2)"]
BROWSERS = [("", ""), ("Chrome", ""), ("", "Firefox"), ("Chrome", "Chrome Mobile")]


def random_events(random: Random, since: datetime, until: datetime, count: int) -> list[Placed]:
    """`count` events, most of them in [since, until), some a little outside."""
    length = (until - since).total_seconds()
    people = [_person(random, n) for n in range(random.randint(2, 12))]
    moments = [since + timedelta(seconds=random.uniform(-0.1, 1.1) * length) for _ in range(12)]
    moments += [since, until]
    return [_placed(random, people, moments) for _ in range(count)]


def _person(random: Random, number: int) -> dict[str, Any]:
    kind = random.choice(["user", "anonymous", "daily", "minted", ""])
    browser, ua_browser = random.choice(BROWSERS)
    places = [("", "", ""), ("DE", "", ""), ("DE", "BE", "Berlin"), ("NP", "BE", "Berlin")]
    country, region, city = random.choice(places)
    return {
        "actor": f"actor {number % 9}" if kind else "",
        "actor_kind": kind,
        "user_id": f"actor {number % 9}" if kind in ("user", "minted") else "",
        "session_id": random.choice([f"s{number}", f"s{number}", "s'0\\", ""]),
        "browser": browser,
        "ua_browser": ua_browser,
        "device_type": random.choice(["", "mobile"]),
        "ua_device": random.choice(["", "desktop"]),
        "os": random.choice(["", "Linux"]),
        "ua_os": random.choice(["", "Mac OS X"]),
        "country": country,
        "region": region,
        "city": city,
        "utm_source": random.choice(["", "", "letter"]),
        "utm_campaign": random.choice(["", "", "may"]),
        "bot": random.random() < 0.15,
    }


def _placed(random: Random, people: list[dict[str, Any]], moments: list[datetime]) -> Placed:
    moment = random.choice(moments)
    if random.random() < 0.8:
        moment += timedelta(seconds=random.choice([0, 1, 59, 1799, 1800, 1801, 3600, 86_400]))
        moment += timedelta(milliseconds=random.choice([0, 1, 500]))
    time = round(moment.timestamp(), 3)
    kind = random.choice(TYPES)
    told: dict[str, Any] = {
        "surface": "clickstream" if kind == "open" else "trackflow",
        "type": kind,
        "event_id": str(UUID(int=random.getrandbits(128))),
        "time": time,
        "received_at": time,
        "expires_at": "2000-01-01" if random.random() < 0.03 else FOREVER,
        "host": random.choice(HOSTS),
        "path": random.choice(PATHS),
        "title": random.choice(["", "A title"]),
        "referrer_host": random.choice(REFERRERS),
        "http_status": random.choice([0, 200, 304, 404]) if kind in ("page_view", "request") else 0,
    }
    if kind == "open":
        told["component"] = random.choice(["menu", "dialog"])
    elif kind == "performance":
        told["load_ms"] = random.choice([None, round(random.uniform(0, 5000), 1)])
        told["dom_content_loaded_ms"] = random.choice([None, round(random.uniform(0, 900), 3)])
    elif kind == "error":
        message, stack = random.choice(MESSAGES), random.choice(STACKS)
        told |= {"error_name": "Error", "error_message": message, "error_stack": stack}
        told["error_line"] = random.choice([None, 7])
        told["error_group"] = error_group("Error", message, stack, "", None, None)
    placed = Placed(Event(**(random.choice(people) | told)))
    placed.event.properties = f'{{"n":{placed.offset}}}'
    return placed
