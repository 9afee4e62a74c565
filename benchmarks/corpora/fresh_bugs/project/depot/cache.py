"""A cache that forgets: by age, and the least recently used when it is full."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, Callable, Generic, Hashable, Iterator, Optional, Tuple, TypeVar

V = TypeVar("V")


class Statistics:
    """Counts of what a cache did."""

    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0
        self.evictions = 0

    @property
    def ratio(self) -> float:
        """Share of look-ups that hit; 0 before the first."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0


class Cache(Generic[V]):
    """At most ``size`` entries, each for at most ``ttl`` seconds (``None``: for ever)."""

    def __init__(
        self,
        size: int = 128,
        ttl: Optional[float] = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if size < 1:
            raise ValueError("size must be at least 1")
        self.size = size
        self.ttl = ttl
        self.statistics = Statistics()
        self._clock = clock
        self._entries: "OrderedDict[Hashable, Tuple[V, Optional[float]]]" = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Hashable) -> bool:
        entry = self._entries.get(key)
        return entry is not None and not self._expired(entry[1])

    def _expired(self, deadline: Optional[float]) -> bool:
        return deadline is not None and self._clock() >= deadline

    def get(self, key: Hashable, default: Optional[V] = None) -> Optional[V]:
        """The value under ``key``, which is now the most recently used."""
        entry = self._entries.get(key)
        if entry is None:
            self.statistics.misses += 1
            return default
        value, deadline = entry
        if self._expired(deadline):
            del self._entries[key]
            self.statistics.misses += 1
            return default
        self._entries.move_to_end(key)
        self.statistics.hits += 1
        return value

    def put(self, key: Hashable, value: V, ttl: Optional[float] = None) -> None:
        """Remember ``value``; ``ttl`` overrides the cache's own."""
        seconds = self.ttl if ttl is None else ttl
        deadline = None if seconds is None else self._clock() + seconds
        if key in self._entries:
            del self._entries[key]
        elif len(self._entries) >= self.size:
            self._make_room()
        self._entries[key] = (value, deadline)

    def _make_room(self) -> None:
        if self.purge():
            return
        self._entries.popitem(last=False)
        self.statistics.evictions += 1

    def purge(self) -> int:
        """Drop what is too old; returns how many were dropped."""
        old = [key for key, (_, deadline) in self._entries.items() if self._expired(deadline)]
        for key in old:
            del self._entries[key]
        return len(old)

    def get_or_make(self, key: Hashable, make: Callable[[], V]) -> V:
        """The cached value, or what ``make`` returns, remembered. ``None`` is a value too."""
        missing: Any = object()
        found: Any = self.get(key, missing)
        if found is not missing:
            return found
        value = make()
        self.put(key, value)
        return value

    def clear(self) -> None:
        """Forget everything, the counts too."""
        self._entries.clear()
        self.statistics = Statistics()

    def keys(self) -> Iterator[Hashable]:
        """Live keys, least recently used first."""
        for key, (_, deadline) in list(self._entries.items()):
            if not self._expired(deadline):
                yield key


def memoize(cache: "Cache[Any]") -> Callable[[Callable[..., V]], Callable[..., V]]:
    """Decorator: remember results by arguments in ``cache``."""

    def decorate(function: Callable[..., V]) -> Callable[..., V]:
        def wrapper(*args: Any, **kwargs: Any) -> V:
            key = (function.__qualname__, args, tuple(sorted(kwargs.items())))
            return cache.get_or_make(key, lambda: function(*args, **kwargs))

        wrapper.__name__ = function.__name__
        wrapper.__doc__ = function.__doc__
        return wrapper

    return decorate
