"""One visit: from page to page along the links, until it ends, is given up, or buys.

Whether somebody came to buy decides how long they stay and what they choose; slow pages and a
button that does not answer decide with it.
"""

from math import log
from random import Random

from desirepath.demo.faults import DIALOG, faults_on
from desirepath.demo.ids import v7
from desirepath.demo.people import People, Person
from desirepath.demo.site import ORIGIN, PAGES, PRICES, SEARCHES, Element, Page
from desirepath.demo.sources import choose_landing, choose_source
from desirepath.demo.tracker import Sent, Tracker

_MOST_PAGES = 40
_SEARCH_WEIGHTS = tuple(search[1] for search in SEARCHES)


class Visit:
    """A visit of `person` that begins at `time`; `age`: days before the end of the demo."""

    def __init__(
        self, person: Person, people: People, time: float, age: float, dice: Random, key: str
    ) -> None:
        self._person, self._people, self._dice, self._age = person, people, dice, age
        self._tracker = Tracker(person, time, dice, key)
        self._time = time
        self._buys = dice.random() < (0.10 + 0.25 * person.loyalty)
        self._workflow = ""
        self._query = ""
        self._results = 0
        self._target = ""
        self._added = person.cart

    def requests(self) -> list[Sent]:
        """What the server gets of it."""
        source = choose_source(self._dice, known=self._person.visits > 1)
        path: str | None = choose_landing(source, self._dice)
        query, referrer, hasty = source.query, source.referrer, source.hasty * 1.42
        for _ in range(_MOST_PAGES):
            if path is None:
                break
            page = PAGES[path]
            path = self._view(page, query, referrer, hasty)
            query, referrer, hasty = "", ORIGIN + page.path, 0.85
        self._person.cart = self._added
        return self._tracker.requests()

    def _view(self, page: Page, query: str, referrer: str, hasty: float) -> str | None:
        """See `page`; the path of the next one, or None."""
        dice, device, began = self._dice, self._person.device, self._time
        slow = device.slowness * self._person.country.slowness
        load = page.load_ms * slow * dice.lognormvariate(0, 0.36) / 1000
        if page.path == "/search" and self._query:
            query = "?q=" + self._query.replace(" ", "+")
        self._tracker.page_view(page, began + load * 0.3, query, referrer)
        if page.path == "/search" and self._query:
            self._tell_search(began + load * 0.5)
        if page.path == "/checkout/done" and self._workflow:
            self._purchase(began + load * 0.6)
        if load < 6 or dice.random() < 0.5:  # else they were gone before it had loaded
            ready = load * min(0.9, dice.gauss(0.52, 0.08))
            self._tracker.event(
                "performance",
                began + load + 0.02,
                {"loadTime": round(load * 1000), "domContentLoaded": round(ready * 1000)},
            )
        for error in faults_on(page, device, self._age, dice):
            self._tell_error(began + load + dice.expovariate(0.3), error)
        self._time = began + load
        # Every second of waiting loses some of them.
        leave = page.leave * hasty * (0.45 if self._buys else 1.0) + 0.035 * max(0.0, load - 2)
        if dice.random() < leave:
            self._time += dice.lognormvariate(log(page.dwell * 0.6), 0.8)
            if dice.random() < 0.3:
                self._play(page)
            return None
        self._time += dice.lognormvariate(log(page.dwell * 0.5), 0.6)
        self._play(page)
        return self._leave_by(page)

    def _play(self, page: Page) -> None:
        """Clicks that stay on the page."""
        here = [element for element in page.elements if not element.to]
        for _ in range(4):
            if not here or self._dice.random() > 0.52:
                return
            self._click_in(page, self._dice.choices(here, [self._weight(one) for one in here])[0])

    def _click_in(self, page: Page, element: Element) -> None:
        dice, device = self._dice, self._person.device
        dead = element.id == "zoom" and device.os == "Android"
        times = 1
        while dice.random() < (0.55 if dead else element.again) and times < 9:
            times += 1
        for _ in range(times):
            self._respond(page, element, dead=dead)
            self._time += dice.uniform(0.22, 0.6)
        if element.id == "add-to-cart":
            self._added += 1
            price = PRICES[page.path]
            self._tracker.event(
                "add_to_cart", self._time, {"product": page.path, "price": price, "currency": "EUR"}
            )
        elif element.id == "newsletter":
            self._tracker.event("sign_up", self._time, {"list": "newsletter"})
        self._time += dice.lognormvariate(log(3.5), 0.7)

    def _respond(self, page: Page, element: Element, *, dead: bool = False) -> None:
        took = (
            None if dead else 70 * self._person.device.slowness * self._dice.lognormvariate(0, 0.5)
        )
        response = "none" if dead else "navigation" if element.to else "mutation"
        more = {"workflowId": self._workflow} if self._workflow else {}
        self._tracker.click(page, element, self._time, response_ms=took, response=response, **more)

    def _leave_by(self, page: Page) -> str | None:
        """Click on what leads on."""
        dice = self._dice
        if page.path == "/search" and self._results and dice.random() < 0.74:
            return self._click_result(page)
        ways = [one for one in page.elements if one.to]
        weights = [self._weight(one) for one in ways]
        if not sum(weights):
            return None
        way = dice.choices(ways, weights)[0]
        if way.id == "checkout":
            self._workflow = f"checkout-{v7(self._time, dice)}"
        if way.id == "continue" and self._is_stuck(page, way):
            return None
        self._respond(page, way)
        if way.id == "search":
            self._type_query()
        self._time += dice.uniform(0.05, 0.4)
        return way.to

    def _weight(self, element: Element) -> float:
        if element.to == "/cart":
            return element.weight * (9.0 if self._added else 0.4)
        if element.id == "checkout":
            return element.weight * (1.6 if self._buys else 0.25) if self._added else 0.0
        if element.id == "add-to-cart":
            return element.weight * (3.2 if self._buys else 0.35)
        return element.weight

    def _is_stuck(self, page: Page, button: Element) -> bool:
        """The button that does not answer in some browsers: most are gone after that."""
        dice, device = self._dice, self._person.device
        if not DIALOG.fits(page, device, self._age) or dice.random() > DIALOG.chance:
            return False
        for at in range(dice.randrange(3, 9)):
            self._respond(page, button, dead=True)
            if at < 3:
                self._tell_error(self._time + 0.03, DIALOG.properties(device, self._age, dice))
            self._time += dice.uniform(0.18, 0.45)
        self._time += dice.uniform(2, 9)
        return dice.random() < 0.7

    def _type_query(self) -> None:
        self._time += self._dice.lognormvariate(log(5), 0.4)
        self._query, _, self._results, self._target = self._dice.choices(SEARCHES, _SEARCH_WEIGHTS)[
            0
        ]

    def _tell_search(self, time: float) -> None:
        self._tracker.event(
            "search",
            time,
            {
                "query": self._query,
                "resultsCount": self._results,
                "responseMs": round(self._dice.lognormvariate(log(85), 0.5)),
            },
        )

    def _click_result(self, page: Page) -> str:
        dice = self._dice
        rank = min(self._results - 1, int(dice.expovariate(0.9)))
        names = sorted(path for path in PRICES if path != self._target)
        to = self._target if rank == 0 else names[(rank * 7 + len(self._query)) % len(names)]
        card = Element(PAGES[to].title, 20, 240 + rank * 180, 900, 160, 1.0, to, tag="A")
        took = 70 * self._person.device.slowness
        self._tracker.click(
            page,
            card,
            self._time,
            response_ms=took,
            response="navigation",
            rank=rank,
            query=self._query,
        )
        self._time += dice.uniform(0.05, 0.4)
        return to

    def _purchase(self, time: float) -> None:
        total = sum(self._dice.choices(list(PRICES.values()), k=self._added))
        self._tracker.event(
            "purchase",
            time,
            {"value": total, "currency": "EUR", "items": self._added, "workflowId": self._workflow},
        )
        self._added, self._workflow = 0, ""
        if not self._person.user_id and self._dice.random() < 0.6:
            self._person.user_id = self._people.name()
        self._person.loyalty = min(1.0, self._person.loyalty + 0.3)

    def _tell_error(self, time: float, error: dict[str, object]) -> None:
        # Both shapes of the specification are in use: in `properties`, and beside them.
        if self._dice.random() < 0.1:
            self._tracker.event("error", time, {}, **error)
        else:
            self._tracker.event("error", time, error)
