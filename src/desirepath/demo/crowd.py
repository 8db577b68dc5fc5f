"""Everybody: the visits of some weeks up to now, and the few that come every minute after that."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from random import Random

from desirepath.demo.bots import BOTS, Bot, bot_visit
from desirepath.demo.people import People
from desirepath.demo.places import Addresses, Atlas, Country
from desirepath.demo.rhythm import DAY, HOURS, busy, hour_in, moment, now_busy
from desirepath.demo.tracker import Sent
from desirepath.demo.visit import Visit

EVENTS = 50_000
DAYS = 30
EVENTS_PER_VISIT = 15.5  # measured, with what bots send beside it
_HUMANS_A_DAY = 140.0  # to which the visits of `BOTS` are a fitting number

Begin = tuple[float, Callable[[], list[Sent]]]  # when a visit begins, and what it sends


class Crowd:
    """The same `seed` and calls give the same bytes. `key`: the write key that bodies carry.

    `addresses` are those of a place database (`places.addresses_in`); without them no visitor is
    anywhere.
    """

    def __init__(self, seed: int = 1, *, key: str = "", addresses: Addresses | None = None) -> None:
        self._dice = Random(seed)
        self._atlas = Atlas(addresses)
        self._people = People(self._dice, self._atlas)
        self._key = key

    def history(self, end: float, *, events: int = EVENTS, days: int = DAYS) -> Iterator[Sent]:
        """About `events` events of the `days` days up to `end` (Unix seconds), as received."""
        begins = sorted(self._begins(end, events, days), key=lambda one: one[0])
        return (sent for sent in _in_order(begins) if sent.received_at <= end)

    def trickle(self, start: float, *, per_minute: float = 4.0) -> Iterator[Sent]:
        """What comes from `start` on, without end: `per_minute` visits in an average minute.

        Nothing waits here: each request says when it is due.
        """
        return _in_order(self._arrivals(start, per_minute))

    def _begins(self, end: float, events: int, days: int) -> Iterator[Begin]:
        dice = self._dice
        last = int(end // DAY)
        # One day more than asked for, so that the first and the last, both partly outside, are one.
        weights = {day: busy(day, last - day, dice) for day in range(last - days, last + 1)}
        visits = round(events / EVENTS_PER_VISIT)
        for day in dice.choices(list(weights), list(weights.values()), k=visits * 2):
            country = self._atlas.country(dice)
            time = moment(day, country, dice)
            if end - days * DAY <= time < end and visits > 0:
                visits -= 1
                yield time, self._visit(time, country, end)
        share = round(events / EVENTS_PER_VISIT) / days / _HUMANS_A_DAY
        for bot in BOTS:
            for _ in range(round(bot.visits * days * share)):
                time = end - dice.random() * days * DAY
                yield time, self._bot_visit(bot, time)

    def _arrivals(self, start: float, per_minute: float) -> Iterator[Begin]:
        dice, time = self._dice, start
        for number in count(1):
            time += dice.expovariate(per_minute / 60 * max(0.25, now_busy(time)))
            bot = dice.choice(BOTS) if number % 9 == 0 else None
            if bot:
                yield time, self._bot_visit(bot, time)
            else:
                yield time, self._visit(time, self._awake(time), time)

    def _awake(self, time: float) -> Country:
        """A country where it is a time to come."""
        country = self._atlas.country(self._dice)
        while self._dice.random() * max(HOURS) > HOURS[hour_in(country, time)]:
            country = self._atlas.country(self._dice)
        return country

    def _visit(self, time: float, country: Country, end: float) -> Callable[[], list[Sent]]:
        def requests() -> list[Sent]:
            person = self._people.arrive(time, country)
            age = (end - time) / DAY
            return Visit(person, self._people, time, age, self._dice, self._key).requests()

        return requests

    def _bot_visit(self, bot: Bot, time: float) -> Callable[[], list[Sent]]:
        return lambda: bot_visit(bot, time, self._dice, self._key)


def _in_order(begins: Iterable[Begin]) -> Iterator[Sent]:
    """The requests of visits that overlap, in the order they are received."""
    waiting: list[tuple[float, int, Sent]] = []
    numbers = count()
    for time, requests in begins:
        # Nothing of this visit or a later one is received before it begins.
        while waiting and waiting[0][0] <= time:
            yield heapq.heappop(waiting)[2]
        for sent in requests():
            heapq.heappush(waiting, (sent.received_at, next(numbers), sent))
    while waiting:
        yield heapq.heappop(waiting)[2]
