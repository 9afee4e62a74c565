"""A small event bus: who listens hears, in order, and one deaf listener stops nobody."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Callable, Deque, Dict, List, Mapping, Optional, Tuple

Handler = Callable[["Event"], None]


@dataclass(frozen=True)
class Event:
    """Something that happened: a dotted topic and its data."""

    topic: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(order=True)
class _Subscription:
    priority: int
    number: int
    pattern: str = field(compare=False)
    handler: Handler = field(compare=False)
    once: bool = field(compare=False, default=False)


def matches(pattern: str, topic: str) -> bool:
    """Whether ``topic`` fits ``pattern``: ``*`` is a word, a final ``#`` any number of words."""
    wanted, words = pattern.split("."), topic.split(".")
    if wanted[-1] == "#":
        wanted = wanted[:-1]
        words = words[: len(wanted)] if len(words) >= len(wanted) else words
    if len(wanted) != len(words):
        return False
    return all(want in ("*", word) for want, word in zip(wanted, words))


class Bus:
    """Delivers events to handlers, lowest priority number first, then by age."""

    def __init__(self, history: int = 100) -> None:
        self._subscriptions: List[_Subscription] = []
        self._numbers = itertools.count()
        self._history: Deque[Event] = deque(maxlen=history)
        self._pending: Deque[Event] = deque()
        self._delivering = False
        self.errors: List[Tuple[Event, Exception]] = []

    def subscribe(
        self, pattern: str, handler: Handler, *, priority: int = 0, once: bool = False
    ) -> Callable[[], None]:
        """Call ``handler`` for matching events; returns a function that ends it."""
        subscription = _Subscription(priority, next(self._numbers), pattern, handler, once)
        self._subscriptions.append(subscription)
        self._subscriptions.sort()

        def unsubscribe() -> None:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

        return unsubscribe

    def publish(self, topic: str, **data: Any) -> int:
        """Tell everybody; returns how many handlers were called.

        What a handler publishes meanwhile is delivered after the current event.
        """
        event = Event(topic, data)
        self._pending.append(event)
        if self._delivering:
            return 0
        self._delivering = True
        called = 0
        try:
            while self._pending:
                called += self._deliver(self._pending.popleft())
        finally:
            self._delivering = False
        return called

    def _deliver(self, event: Event) -> int:
        self._history.append(event)
        called = 0
        for subscription in list(self._subscriptions):
            if not matches(subscription.pattern, event.topic):
                continue
            if subscription.once:
                self._subscriptions.remove(subscription)
            called += 1
            try:
                subscription.handler(event)
            except Exception as error:
                self.errors.append((event, error))
        return called

    def replay(self, pattern: str, handler: Handler) -> int:
        """Tell ``handler`` what it missed; returns how much that was."""
        missed = [event for event in self._history if matches(pattern, event.topic)]
        for event in missed:
            handler(event)
        return len(missed)

    def last(self, pattern: str) -> Optional[Event]:
        """The newest event that matches."""
        for event in reversed(self._history):
            if matches(pattern, event.topic):
                return event
        return None


class Counter:
    """Counts events by topic, as the dashboard shows them."""

    def __init__(self, bus: Bus, pattern: str = "#") -> None:
        self.counts: Dict[str, int] = {}
        self._stop = bus.subscribe(pattern, self._count)

    def _count(self, event: Event) -> None:
        self.counts[event.topic] = self.counts.get(event.topic, 0) + 1

    def top(self, number: int = 3) -> List[Tuple[str, int]]:
        """The most frequent topics, ties by name."""
        return sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))[:number]

    def close(self) -> None:
        """Stop counting."""
        self._stop()
