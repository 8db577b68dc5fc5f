"""Who comes: somebody new, or somebody who was here before, more likely of late."""

from dataclasses import dataclass
from random import Random

from desirepath.demo.devices import Device, choose_device
from desirepath.demo.ids import v7
from desirepath.demo.places import Atlas, Country

RETURNS = 0.36  # of visits are by somebody who was here before
_BUSY = 2400.0  # seconds in which nobody comes twice
_NEAR = 2  # hours between two places with the same habits
_REMEMBERED = 6000  # people who may come back


@dataclass(slots=True)
class Person:
    """`loyalty`: how likely to come back, 0 to 1. `skew`: seconds that their clock is ahead."""

    device: Device
    country: Country
    ip: str
    loyalty: float
    anonymous_id: str = ""  # where they let the site remember them
    user_id: str = ""  # once they signed in
    no_tracking: bool = False  # the browser sends Global Privacy Control
    skew: float = 0.0
    visits: int = 0
    seen: float = float("-inf")
    cart: int = 0  # what is in the cart since the last visit

    @property
    def language(self) -> str:
        """As the browser tells it."""
        return self.country.language


class People:
    """Everybody who came so far."""

    def __init__(self, dice: Random, atlas: Atlas) -> None:
        self._dice, self._atlas = dice, atlas
        self._known: list[Person] = []
        self._numbered = 0

    def arrive(self, time: float, country: Country) -> Person:
        """Who comes at `time` (Unix seconds), when it is a time to come in `country`."""
        dice = self._dice
        person = self._back(time, country) if dice.random() < RETURNS else None
        if person is None:
            person = self._new(time, country)
            if dice.random() < person.loyalty + 0.35:
                self._known.append(person)
            if len(self._known) > _REMEMBERED:
                del self._known[: _REMEMBERED // 4]
        if person.device.kind == "mobile" and person.visits and dice.random() < 0.35:
            person.ip = self._atlas.address(person.country, dice)  # another cell, another address
        person.visits += 1
        person.seen = time
        return person

    def name(self) -> str:
        """The id of a new account."""
        self._numbered += 1
        return f"customer-{1000 + self._numbered}"

    def _back(self, time: float, country: Country) -> Person | None:
        known, dice = self._known, self._dice
        for _ in range(12):
            if not known:
                return None
            # Squared: half of them are from the last quarter of all.
            found = known[-1 - int(len(known) * dice.random() ** 2)]
            awake = abs(found.country.offset - country.offset) <= _NEAR
            if awake and time - found.seen > _BUSY and dice.random() < 0.25 + found.loyalty:
                return found
        return None

    def _new(self, time: float, country: Country) -> Person:
        dice = self._dice
        person = Person(
            device=choose_device(dice),
            country=country,
            ip=self._atlas.address(country, dice),
            loyalty=dice.betavariate(0.7, 2.0),
        )
        if dice.random() < 0.62:
            person.anonymous_id = v7(time, dice)
        person.no_tracking = dice.random() < 0.015
        if dice.random() < 0.03:
            person.skew = dice.choice((-3600.0, 3600.0, 90.0, -240.0, 86_400.0))
        return person
