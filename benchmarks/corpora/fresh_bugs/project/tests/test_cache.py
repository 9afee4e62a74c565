import pytest

from depot.cache import Cache, memoize


def test_remembers():
    cache = Cache()
    cache.put("a", 1)
    assert cache.get("a") == 1
    assert cache.get("b") is None
    assert cache.get("b", 7) == 7


def test_drops_the_least_recently_used():
    cache = Cache(size=2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get("a")
    cache.put("c", 3)
    assert list(cache.keys()) == ["a", "c"]


def test_writing_again_counts_as_use_and_evicts_nothing():
    cache = Cache(size=2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.put("a", 10)
    assert len(cache) == 2
    cache.put("c", 3)
    assert "b" not in cache
    assert cache.get("a") == 10


def test_entries_grow_old(clock):
    cache = Cache(ttl=10, clock=clock)
    cache.put("a", 1)
    clock.advance(9.5)
    assert cache.get("a") == 1
    clock.advance(0.5)
    assert cache.get("a") is None
    assert "a" not in cache


def test_an_entry_may_have_its_own_age(clock):
    cache = Cache(ttl=10, clock=clock)
    cache.put("short", 1, ttl=1)
    cache.put("long", 2, ttl=100)
    clock.advance(20)
    assert cache.get("short") is None
    assert cache.get("long") == 2


def test_age_zero_is_gone_at_once(clock):
    cache = Cache(ttl=10, clock=clock)
    cache.put("a", 1, ttl=0)
    assert "a" not in cache


def test_the_old_go_before_the_unused(clock):
    cache = Cache(size=2, clock=clock)
    cache.put("keep", 1)
    cache.put("old", 2, ttl=1)
    clock.advance(5)
    cache.put("new", 3)
    assert list(cache.keys()) == ["keep", "new"]
    assert cache.statistics.evictions == 0


def test_purge(clock):
    cache = Cache(clock=clock)
    cache.put("a", 1, ttl=1)
    cache.put("b", 2, ttl=2)
    cache.put("c", 3)
    clock.advance(2)
    assert cache.purge() == 2
    assert len(cache) == 1


def test_statistics(clock):
    cache = Cache(size=1, ttl=5, clock=clock)
    assert cache.statistics.ratio == 0
    cache.put("a", 1)
    cache.get("a")
    cache.get("x")
    clock.advance(6)
    cache.get("a")
    cache.get("a")
    assert (cache.statistics.hits, cache.statistics.misses) == (1, 3)
    assert cache.statistics.ratio == 0.25


def test_evictions_are_counted():
    cache = Cache(size=2)
    for number in range(5):
        cache.put(number, number)
    assert cache.statistics.evictions == 3


def test_clear():
    cache = Cache()
    cache.put("a", 1)
    cache.get("a")
    cache.clear()
    assert len(cache) == 0
    assert cache.statistics.hits == 0


def test_get_or_make_makes_once():
    made = []
    cache = Cache()

    def make():
        made.append(1)
        return None

    assert cache.get_or_make("k", make) is None
    assert cache.get_or_make("k", make) is None
    assert len(made) == 1


def test_memoize_tells_functions_and_arguments_apart():
    cache = Cache()
    calls = []

    @memoize(cache)
    def double(x, *, extra=0):
        """Twice."""
        calls.append(x)
        return 2 * x + extra

    @memoize(cache)
    def triple(x):
        return 3 * x

    assert (double(2), triple(2), double(2), double(2, extra=1)) == (4, 6, 4, 5)
    assert calls == [2, 2]
    assert double.__name__ == "double"


def test_size_must_be_positive():
    with pytest.raises(ValueError):
        Cache(size=0)
