"""Cache, retries, events, jobs, store: other stories than the visible tests tell."""

import asyncio
import json

import pytest

from depot.cache import Cache, memoize
from depot.events import Bus, Counter, matches
from depot.jobs import Debounce, JobQueue, Throttle, gather_limited
from depot.retry import Backoff, Circuit, CircuitOpen, GaveUp, call, parse_retry_after
from depot.store import Conflict, Store, tail


def test_order_of_use():
    cache = Cache(size=3)
    for key in "abc":
        cache.put(key, key)
    cache.put("a", "A")
    cache.get("b")
    assert list(cache.keys()) == ["c", "a", "b"]
    cache.put("d", "d")
    cache.put("e", "e")
    assert list(cache.keys()) == ["b", "d", "e"]
    assert cache.statistics.evictions == 2


def test_own_age_of_zero_and_of_the_cache(clock):
    cache = Cache(ttl=5, clock=clock)
    cache.put("now", 1, ttl=0)
    cache.put("later", 1)
    assert cache.get("now", "gone") == "gone"
    assert len(cache) == 1
    clock.advance(4)
    assert "later" in cache
    clock.advance(1)
    assert "later" not in cache


def test_room_is_made_by_age_first(clock):
    cache = Cache(size=3, clock=clock)
    cache.put("a", 1)
    cache.put("b", 1, ttl=1)
    cache.put("c", 1, ttl=1)
    clock.advance(1)
    cache.put("d", 1)
    assert list(cache.keys()) == ["a", "d"]
    assert len(cache) == 2


def test_clearing_starts_over():
    cache = Cache(size=1)
    cache.put("a", 1)
    cache.put("b", 1)
    cache.get("b")
    cache.get("a")
    cache.clear()
    stats = cache.statistics
    assert (stats.hits, stats.misses, stats.evictions, stats.ratio) == (0, 0, 0, 0)
    assert "b" not in cache


@pytest.mark.parametrize("value", [None, 0, "", [], False])
def test_empty_values_are_cached(value):
    cache = Cache()
    made = []
    for _ in range(3):
        assert cache.get_or_make("k", lambda: made.append(1) or value) == value
    assert len(made) == 1


def test_memoized_functions_do_not_meet():
    cache = Cache()
    plus = memoize(cache)(lambda a, b=0: a + b)

    @memoize(cache)
    def times(a, b=0):
        return a * b

    assert plus(3, b=4) == 7
    assert times(3, b=4) == 12
    assert (plus(3, 4), times(3, 4)) == (7, 12)
    assert plus(3, b=4) == 7


def test_waits_grow_by_factor():
    delays = Backoff(0.5, 4, 10).delays()
    assert [next(delays) for _ in range(5)] == [0.5, 2, 8, 10, 10]


@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_how_often_and_how_long(attempts):
    slept, noted, tried = [], [], []

    def work():
        tried.append(1)
        raise ConnectionError("no")

    with pytest.raises(GaveUp, match=f"gave up after {attempts} attempts: no") as caught:
        call(
            work,
            attempts,
            backoff=Backoff(1, 3, 5),
            sleep=slept.append,
            note=lambda number, error: noted.append(number),
        )
    assert len(tried) == attempts
    assert slept == [1, 3, 5][: attempts - 1]
    assert noted == list(range(1, attempts + 1))
    assert (caught.value.attempts, str(caught.value.last)) == (attempts, "no")


@pytest.mark.parametrize("error", [ValueError, ZeroDivisionError, GaveUp])
def test_only_named_errors_are_tried_again(error):
    tried = []

    def work():
        tried.append(1)
        raise error(1, ValueError()) if error is GaveUp else error("x")

    with pytest.raises(error):
        call(work, 3, on=(KeyError,), sleep=lambda s: None)
    assert len(tried) == 1


@pytest.mark.parametrize(
    "header, seconds", [(None, 9), ("", 9), ("1e1", 10), ("-0.5", 0), ("x", 9)]
)
def test_retry_after_headers(header, seconds):
    assert parse_retry_after(header, 9) == seconds


def test_a_circuit_over_time(clock):
    circuit = Circuit(2, 10, clock)

    def fail():
        raise OSError

    for _ in range(3):
        with pytest.raises(OSError):
            circuit.call(fail)
        assert circuit.call(lambda: 1) == 1
    assert circuit.state == "closed"
    for _ in range(2):
        with pytest.raises(OSError):
            circuit.call(fail)
    with pytest.raises(CircuitOpen, match="2 failures"):
        circuit.call(lambda: 1)
    clock.advance(10)
    circuit.call(lambda: 1)
    with pytest.raises(OSError):
        circuit.call(fail)
    assert circuit.state == "closed"


@pytest.mark.parametrize(
    "pattern, topic, expected",
    [
        ("a.#", "ab", False),
        ("a.#", "ab.c", False),
        ("*.b.#", "a.b.c", True),
        ("*.#", "x", True),
        ("a.*.#", "a", False),
        ("a.b", "a", False),
        ("*", "a.b", False),
        ("a.*.c", "a.x.c", True),
    ],
)
def test_patterns(pattern, topic, expected):
    assert matches(pattern, topic) is expected


def test_replay_and_last_ask_the_pattern_first(bus):
    for topic in ("a.b", "a.c", "b.c"):
        bus.publish(topic)
    heard = []
    assert bus.replay("a.#", lambda event: heard.append(event.topic)) == 2
    assert heard == ["a.b", "a.c"]
    assert bus.last("a.*").topic == "a.c"
    assert bus.last("x.#") is None


def test_handlers_that_end_themselves(bus):
    heard = []
    stops = {}

    def make(name):
        def handler(event):
            heard.append(name)
            stops[name]()

        return handler

    for name in "abc":
        stops[name] = bus.subscribe("t", make(name))
    bus.subscribe("t", lambda event: heard.append("stays"))
    assert bus.publish("t") == 4
    assert bus.publish("t") == 1
    assert heard == ["a", "b", "c", "stays", "stays"]


def test_ending_one_of_many(bus):
    heard = []
    stops = [
        bus.subscribe("t.*", lambda event, n=n: heard.append(n), priority=-n) for n in range(4)
    ]
    stops[2]()
    bus.publish("t.x")
    assert heard == [3, 1, 0]
    bus.subscribe("t.x", lambda event: heard.append("once"), once=True, priority=-9)
    bus.publish("t.x")
    bus.publish("t.x")
    assert heard == [3, 1, 0, "once", 3, 1, 0, 3, 1, 0]


def test_counters_of_patterns():
    bus = Bus()
    counter = Counter(bus, "b.#")
    for topic in ("b", "b.a", "a.b", "b.a", "b.z", "b.z", "b.m"):
        bus.publish(topic)
    assert counter.top(3) == [("b.a", 2), ("b.z", 2), ("b", 1)]


def job(log, name, delay=0, error=None, result=None):
    async def work():
        for _ in range(delay):
            await asyncio.sleep(0)
        log.append(name)
        if error:
            raise error
        return result

    return work


def test_a_diamond_of_jobs():
    log = []
    queue = JobQueue(workers=4)
    queue.add("top", job(log, "top", 3), priority=90)
    queue.add("left", job(log, "left", 2), needs=["top"], priority=1)
    queue.add("right", job(log, "right"), needs=["top"], priority=2)
    queue.add("bottom", job(log, "bottom", result=5), needs=["left", "right"], priority=0)
    queue.add("free", job(log, "free"), priority=50)
    summary = asyncio.run(queue.run())
    assert log == ["free", "top", "right", "left", "bottom"]
    assert summary.ok
    assert len(queue) == 0
    assert len(summary.done) == 5


def test_what_depends_on_a_failure_at_any_distance_is_skipped():
    log = []
    queue = JobQueue(workers=1)
    queue.add("a", job(log, "a", error=ValueError("bad")), retries=2)
    for name, needs in [("b", "a"), ("c", "b"), ("d", "c"), ("e", "d")]:
        queue.add(name, job(log, name), needs=[needs], priority=0)
    summary = asyncio.run(queue.run())
    assert log == ["a", "a", "a"]
    assert summary.skipped == ["b", "c", "d", "e"]
    assert summary.failed == {"a": "bad"}
    assert not summary.ok


def test_results_and_errors_after_retries():
    tries = []

    async def shaky():
        await asyncio.sleep(0)
        tries.append(1)
        if len(tries) < 3:
            raise KeyError("no")
        return "fine"

    queue = JobQueue()
    done = queue.add("shaky", shaky, retries=5)
    assert asyncio.run(queue.run()).ok
    assert (done.result, done.error, done.attempts, done.state) == ("fine", None, 3, "done")


@pytest.mark.parametrize("gone", [0, 1, 3])
def test_order_after_cancelling(gone):
    log = []
    priorities = [0, 9, 1, 10, 11, 2, 3]
    queue = JobQueue(workers=1)
    for priority in priorities:
        queue.add(str(priority), job(log, priority), priority=priority)
    assert queue.cancel(str(priorities[gone]))
    asyncio.run(queue.run())
    assert log == sorted(set(priorities) - {priorities[gone]})


def test_gathering_keeps_the_limit():
    running, most = [], []

    def work(number):
        async def go():
            running.append(number)
            most.append(len(running))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            running.remove(number)
            return number * 2

        return go

    results = asyncio.run(gather_limited([work(n) for n in range(5)], 3))
    assert results == [0, 2, 4, 6, 8]
    assert max(most) == 3


def test_a_throttle_counts_what_went_through(clock):
    throttle = Throttle(2, 10, clock)
    went = []
    for _ in range(25):
        went.append(throttle.try_call())
        clock.advance(1)
    assert [n for n, yes in enumerate(went) if yes] == [0, 1, 10, 11, 20, 21]


def test_bursts():
    seen = []

    async def act(value):
        seen.append(value)

    async def scenario():
        debounce = Debounce(0.001, act)
        for burst in ("ab", "xyz"):
            for letter in burst:
                debounce.trigger(letter)
            await debounce.flush()

    asyncio.run(scenario())
    assert seen == ["b", "z"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.jsonl"


@pytest.mark.parametrize("value", [0, "", None, False, [], {}])
def test_empty_values_are_stored(path, value):
    Store(path).put("k", value)
    assert Store(path).get("k", "default") == value
    assert Store(path).version("k") == 1


def test_versions_over_restarts(path):
    for number in range(1, 4):
        assert Store(path).put("k", number) == number
    store = Store(path)
    store.compact()
    assert Store(path).version("k") == 3
    assert Store(path).put("k", "x", expect=3) == 4
    with pytest.raises(Conflict):
        Store(path).put("k", "y", expect=0)
    assert Store(path).get("k") == "x"


def test_nothing_is_shared(path):
    store = Store(path)
    given = {"a": {"b": [1]}}
    store.put("k", given)
    given["a"]["b"].append(2)
    store.get("k")["a"]["b"].append(3)
    assert store.get("k") == {"a": {"b": [1]}}
    assert Store(path).get("k") == {"a": {"b": [1]}}


def test_any_script_survives(path):
    texts = {"k1": "naïve", "ключ": "значение", "k3": "日本\u2028語"}
    store = Store(path)
    for key, text in texts.items():
        store.put(key, text)
    again = Store(path)
    assert {key: again.get(key) for key in again.keys()} == texts


def test_the_journal_grows_until_it_is_compacted(path):
    store = Store(path, compact_after=4)
    sizes = []
    for number in range(12):
        store.put("k", number)
        sizes.append(len(path.read_text().splitlines()))
    assert sizes == [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_write_cut_off_at_any_place(path, cut):
    store = Store(path)
    store.put("a", 1)
    whole = json.dumps({"op": "put", "key": "b", "value": 1, "version": 1})
    with path.open("a", encoding="utf-8") as file:
        file.write(whole[:cut])
    for number in range(3):
        Store(path).put(f"n{number}", number)
    assert list(Store(path).keys()) == ["a", "n0", "n1", "n2"]


@pytest.mark.parametrize("chunk", [1, 2, 5, 7, 100])
def test_the_end_of_a_file(path, chunk):
    lines = [f"line {number} ü" for number in range(12)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for count in (1, 3, 11, 12, 13):
        assert tail(path, count, chunk) == lines[-count:]
