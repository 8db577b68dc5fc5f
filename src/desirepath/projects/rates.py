"""How fast a project and a key may send: token buckets, one event a token.

A bucket holds `burst_seconds` of its rate. A request is taken as soon as the bucket holds its
events, or is full, and may overdraw it: so a batch larger than the bucket passes, and is paid for
before the next. Over any long time the rate holds exactly.

Pure: the time is passed in (seconds, any clock that does not go back). One process counts for
itself: with n of them, each given 1/n of the rates by `share`, the whole holds the rate, and a
single connection, which stays with one process, gets an n-th of it.
"""

from msgspec import Struct

from desirepath.model.project import Key, Project


class _Bucket(Struct):
    tokens: float  # below 0: overdrawn
    at: float
    rate: float


class Rates:
    """The buckets of every project and key that sent something lately."""

    def __init__(
        self, *, burst_seconds: float = 2.0, share: float = 1.0, most: int = 50_000
    ) -> None:
        """At most `most` buckets are held, some 10 MB."""
        self._burst_seconds = burst_seconds
        self._share = share
        self._most = most
        self._buckets: dict[str, _Bucket] = {}

    def take(self, project: Project, key: Key | None, events: int, now: float) -> float:
        """0.0 where the events are taken; else the seconds to wait, and nothing is taken.

        Both limits are asked before either is charged.
        """
        limits = [(f"project {project.id}", project.rate_per_second)]
        if key is not None:
            limits.append((f"key {key.id}", key.rate_per_second))
        buckets = [self._bucket(name, rate * self._share, now) for name, rate in limits if rate]
        wait = max((self._wait(bucket, events) for bucket in buckets), default=0.0)
        if wait == 0.0:
            for bucket in buckets:
                bucket.tokens -= events
        return wait

    def __len__(self) -> int:
        return len(self._buckets)

    def _wait(self, bucket: _Bucket, events: int) -> float:
        needed = min(events, self._capacity(bucket.rate))
        return max(0.0, (needed - bucket.tokens) / bucket.rate)

    def _bucket(self, name: str, rate: float, now: float) -> _Bucket:
        """The bucket as it is `now`."""
        capacity = self._capacity(rate)
        bucket = self._buckets.get(name)
        if bucket is None:
            if len(self._buckets) >= self._most:
                self._drop_some(now)
            bucket = self._buckets[name] = _Bucket(capacity, now, rate)
        passed = max(0.0, now - bucket.at)
        bucket.rate = rate
        bucket.tokens = min(capacity, bucket.tokens + passed * rate)
        bucket.at = max(bucket.at, now)
        return bucket

    def _capacity(self, rate: float) -> float:
        return max(1.0, rate * self._burst_seconds)

    def _is_full(self, bucket: _Bucket, now: float) -> bool:
        return bucket.tokens + (now - bucket.at) * bucket.rate >= self._capacity(bucket.rate)

    def _drop_some(self, now: float) -> None:
        # A full bucket is like a new one, so dropping it forgives nothing.
        full = [name for name, bucket in self._buckets.items() if self._is_full(bucket, now)]
        # If none is full, those untouched longest have the least left to pay.
        dropped = (
            full
            or sorted(self._buckets, key=lambda name: self._buckets[name].at)[: self._most // 4 + 1]
        )
        for name in dropped:
            del self._buckets[name]
