"""When people come: by the hour of their day, by the weekday, and a little more every week."""

from bisect import bisect
from itertools import accumulate
from random import Random

from desirepath.demo.places import Country

DAY = 86_400.0

#: Visits by local hour, from midnight on: evenings are busiest, lunch is a small hill.
HOURS = (9, 5, 3, 2, 2, 4, 9, 18, 28, 36, 41, 44, 50, 46, 43, 43, 45, 50, 57, 66, 74, 71, 50, 24)
WEEKDAYS = (1.0, 0.96, 0.97, 1.0, 0.92, 1.12, 1.28)  # from Monday
GROWTH = 0.005  # a day
_NOISE = 0.08  # how much one day differs from what it should be, as a standard deviation

_HOURS = tuple(accumulate(HOURS))


def busy(day: int, age: int, dice: Random) -> float:
    """How much happens on the `day`-th day since 1970, which is `age` days before the last."""
    # 1970-01-01 was a Thursday.
    return WEEKDAYS[(day + 3) % 7] * (1 + GROWTH) ** -age * dice.lognormvariate(0, _NOISE)


def moment(day: int, country: Country, dice: Random) -> float:
    """A time on that day of the visitor, in Unix seconds."""
    hour = bisect(_HOURS, dice.random() * _HOURS[-1])
    return day * DAY + (hour + dice.random() - country.offset) * 3600


def hour_in(country: Country, time: float) -> int:
    """The local hour, 0 to 23."""
    return int((time / 3600 + country.offset) % 24)


def now_busy(time: float) -> float:
    """How much happens at `time` beside an average moment, for a site in Europe."""
    hour = int(time % DAY // 3600)
    return HOURS[hour] * len(HOURS) / _HOURS[-1] * WEEKDAYS[int(time // DAY + 3) % 7]
