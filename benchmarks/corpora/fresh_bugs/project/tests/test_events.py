import pytest

from depot.events import Bus, Counter, matches


@pytest.mark.parametrize(
    "pattern, topic, expected",
    [
        ("order.paid", "order.paid", True),
        ("order.paid", "order.placed", False),
        ("order.*", "order.paid", True),
        ("order.*", "order", False),
        ("order.*", "order.paid.late", False),
        ("*.paid", "order.paid", True),
        ("#", "anything.at.all", True),
        ("order.#", "order.paid.late", True),
        ("order.#", "order", True),
        ("order.#", "stock.low", False),
        ("order.paid.#", "order", False),
    ],
)
def test_matches(pattern, topic, expected):
    assert matches(pattern, topic) is expected


def test_handlers_hear_what_they_asked_for(bus):
    heard = []
    bus.subscribe("order.*", lambda event: heard.append((event.topic, event.data)))
    assert bus.publish("order.paid", number=7) == 1
    assert bus.publish("stock.low") == 0
    assert heard == [("order.paid", {"number": 7})]


def test_priority_then_age(bus):
    heard = []
    bus.subscribe("x", lambda event: heard.append("b"), priority=5)
    bus.subscribe("x", lambda event: heard.append("c"), priority=5)
    bus.subscribe("x", lambda event: heard.append("a"), priority=1)
    bus.publish("x")
    assert heard == ["a", "b", "c"]


def test_unsubscribe(bus):
    heard = []
    stop = bus.subscribe("x", heard.append)
    stop()
    stop()
    assert bus.publish("x") == 0
    assert heard == []


def test_unsubscribe_ends_only_one_of_two(bus):
    heard = []
    bus.subscribe("x", lambda event: heard.append(1))
    stop = bus.subscribe("x", lambda event: heard.append(2))
    stop()
    bus.publish("x")
    assert heard == [1]


def test_once(bus):
    heard = []
    bus.subscribe("x", heard.append, once=True)
    bus.publish("x")
    bus.publish("x")
    assert len(heard) == 1


def test_a_handler_may_unsubscribe_during_delivery(bus):
    heard = []
    stops = []

    def first(event):
        heard.append("first")
        stops[0]()

    stops.append(bus.subscribe("x", first))
    bus.subscribe("x", lambda event: heard.append("second"))
    assert bus.publish("x") == 2
    assert heard == ["first", "second"]


def test_errors_are_kept_and_the_others_hear(bus):
    heard = []

    def broken(event):
        raise KeyError("oops")

    bus.subscribe("x", broken)
    bus.subscribe("x", heard.append)
    assert bus.publish("x") == 2
    assert len(heard) == 1
    assert isinstance(bus.errors[0][1], KeyError)


def test_what_a_handler_publishes_comes_later(bus):
    heard = []

    def first(event):
        bus.publish("second")
        heard.append("first done")

    bus.subscribe("first", first)
    bus.subscribe("second", lambda event: heard.append("second"))
    assert bus.publish("first") == 2
    assert heard == ["first done", "second"]


def test_replay(bus):
    bus.publish("a.x", n=1)
    bus.publish("b.x", n=2)
    bus.publish("a.y", n=3)
    heard = []
    assert bus.replay("a.*", lambda event: heard.append(event.data["n"])) == 2
    assert heard == [1, 3]


def test_history_is_bounded():
    bus = Bus(history=2)
    for number in range(4):
        bus.publish("n", number=number)
    heard = []
    bus.replay("n", lambda event: heard.append(event.data["number"]))
    assert heard == [2, 3]


def test_last(bus):
    bus.publish("a.x", n=1)
    bus.publish("a.y", n=2)
    bus.publish("b", n=3)
    assert bus.last("a.#").data["n"] == 2
    assert bus.last("c") is None


def test_counter(bus):
    counter = Counter(bus, "order.#")
    for topic in ["order.paid", "order.placed", "order.placed", "stock.low", "order.lost"]:
        bus.publish(topic)
    assert counter.top(2) == [("order.placed", 2), ("order.lost", 1)]
    counter.close()
    bus.publish("order.paid")
    assert counter.counts["order.paid"] == 1


def test_two_counters_count_apart(bus):
    first, second = Counter(bus), Counter(bus, "x")
    bus.publish("x")
    bus.publish("y")
    assert first.counts == {"x": 1, "y": 1}
    assert second.counts == {"x": 1}
