"""Visits of machines that run a page's scripts: crawlers, a monitor, a headless browser."""

from dataclasses import dataclass
from random import Random

from desirepath.demo.devices import Device
from desirepath.demo.people import Person
from desirepath.demo.places import COUNTRIES
from desirepath.demo.site import ORIGIN, PAGES
from desirepath.demo.tracker import Sent, Tracker

_CHROME = (
    "AppleWebKit/537.36 (KHTML, like Gecko; compatible; {name}) Chrome/142.0.0.0 Safari/537.36"
)


@dataclass(frozen=True, slots=True)
class Bot:
    """`visits`: a day, beside 140 of people; `pages`: seen in one visit, `pause` seconds apart."""

    visits: float
    pages: int
    pause: float
    ip: str
    user_agent: str


BOTS = (
    Bot(3, 8, 9.0, "198.19.255.1", "Mozilla/5.0 " + _CHROME.format(
        name="Googlebot/2.1; +http://www.google.com/bot.html")),
    Bot(2, 5, 14.0, "198.19.255.2", "Mozilla/5.0 " + _CHROME.format(
        name="bingbot/2.0; +http://www.bing.com/bingbot.htm")),
    Bot(1.5, 12, 3.0, "198.19.255.3", "Mozilla/5.0 " + _CHROME.format(
        name="GPTBot/1.2; +https://openai.com/gptbot")),
    Bot(0.7, 20, 2.0, "198.19.255.4",
        "Mozilla/5.0 (compatible; AhrefsSiteAudit/6.1; +http://ahrefs.com/robot/site-audit)"),
    Bot(8, 1, 1.0, "198.19.255.5",
        "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"),
    Bot(0.8, 3, 1.5, "198.19.255.6",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " HeadlessChrome/142.0.0.0 Safari/537.36"),
)  # fmt: skip
_PATHS = tuple(PAGES)


def bot_visit(bot: Bot, time: float, dice: Random, key: str) -> list[Sent]:
    """One visit of `bot`."""
    device = Device(1, bot.user_agent, "desktop", "Linux", "Chrome", (1280, 800), 0.8)
    tracker = Tracker(Person(device, COUNTRIES[0], bot.ip, 0.0), time, dice, key)
    path = "/"
    for _ in range(bot.pages):
        page = PAGES[path]
        load = page.load_ms * dice.lognormvariate(0, 0.15) / 1000
        tracker.page_view(page, time + load * 0.3, "", "")
        tracker.event(
            "performance",
            time + load,
            {"loadTime": round(load * 1000), "domContentLoaded": round(load * 480)},
        )
        time += load + bot.pause * dice.uniform(0.7, 1.3)
        path = dice.choice(_PATHS)
    return [
        one._replace(headers={"content-type": "text/plain;charset=UTF-8", "origin": ORIGIN})
        for one in tracker.requests()
    ]
