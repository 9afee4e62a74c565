import json

import pytest

from depot.store import Conflict, Corrupt, Store, tail


@pytest.fixture
def path(tmp_path):
    return tmp_path / "records.jsonl"


@pytest.fixture
def store(path):
    return Store(path)


def test_put_and_get(store):
    assert store.put("a", {"n": 1}) == 1
    assert store.get("a") == {"n": 1}
    assert store.get("b") is None
    assert store.get("b", 5) == 5


def test_versions_count_up(store):
    assert store.version("a") == 0
    store.put("a", 1)
    store.put("a", 2)
    assert store.version("a") == 2


def test_false_values_are_values(store):
    store.put("zero", 0)
    store.put("none", None)
    assert store.get("zero", 9) == 0
    assert store.get("none", 9) is None
    assert store.version("none") == 1


def test_survives_a_restart(store, path):
    store.put("a", [1, "žluť"])
    store.put("b", 2)
    store.delete("b")
    store.put("a", [2, "žluť"])
    again = Store(path)
    assert again.get("a") == [2, "žluť"]
    assert again.version("a") == 2
    assert again.get("b") is None


def test_the_journal_is_utf8(store, path):
    store.put("a", "žluť")
    assert "žluť".encode() in path.read_bytes()


def test_values_are_copies(store):
    value = {"list": [1]}
    store.put("a", value)
    value["list"].append(2)
    store.get("a")["list"].append(3)
    assert store.get("a") == {"list": [1]}


def test_conflict(store):
    store.put("a", 1)
    store.put("a", 2, expect=1)
    with pytest.raises(Conflict, match="at version 2, expected 1"):
        store.put("a", 3, expect=1)
    assert store.get("a") == 2


def test_expect_zero_means_new(store):
    store.put("a", 1, expect=0)
    with pytest.raises(Conflict):
        store.put("a", 2, expect=0)


def test_delete(store):
    store.put("a", 1)
    assert store.delete("a")
    assert not store.delete("a")
    assert list(store.keys()) == []


def test_keys_by_prefix(store):
    for key in ("order:2", "order:1", "user:1"):
        store.put(key, 0)
    assert list(store.keys("order:")) == ["order:1", "order:2"]
    assert list(store.keys()) == ["order:1", "order:2", "user:1"]


def test_compact_keeps_everything_that_counts(store, path):
    for number in range(10):
        store.put("a", number)
    store.put("b", "x")
    store.delete("b")
    store.compact()
    assert len(path.read_text().splitlines()) == 1
    again = Store(path)
    assert again.get("a") == 9
    assert again.version("a") == 10


def test_compacts_by_itself(path):
    store = Store(path, compact_after=10)
    for number in range(11):
        store.put("a", number)
    assert len(path.read_text().splitlines()) == 1
    store.put("a", 11)
    assert len(path.read_text().splitlines()) == 2


def test_does_not_compact_what_is_all_live(path):
    store = Store(path, compact_after=3)
    for number in range(6):
        store.put(str(number), number)
    assert len(path.read_text().splitlines()) == 6
    assert [store.get(key) for key in store.keys()] == list(range(6))


def test_lines_are_counted_from_the_file_too(path):
    first = Store(path, compact_after=4)
    for number in range(4):
        first.put("a", number)
    Store(path, compact_after=4).put("a", 4)
    assert len(path.read_text().splitlines()) == 1


def test_a_torn_last_line_is_dropped(store, path):
    store.put("a", 1)
    with path.open("a") as file:
        file.write('{"op": "put", "key": "b", "va')
    again = Store(path)
    assert list(again.keys()) == ["a"]
    again.put("c", 3)
    assert list(Store(path).keys()) == ["a", "c"]


def test_a_bad_line_in_the_middle_is_an_error(store, path):
    store.put("a", 1)
    good = path.read_text()
    path.write_text(good + "not json\n" + good)
    with pytest.raises(Corrupt, match="line 2"):
        Store(path)


def test_blank_lines_are_skipped(path):
    entry = json.dumps({"op": "put", "key": "a", "value": 1, "version": 4})
    path.write_text(f"\n{entry}\n\n")
    assert Store(path).version("a") == 4


@pytest.mark.parametrize("chunk", [1, 3, 4096])
def test_tail(path, chunk):
    path.write_text("one\ntwo\nthree\nfour\n")
    assert tail(path, 2, chunk) == ["three", "four"]
    assert tail(path, 9, chunk) == ["one", "two", "three", "four"]
    assert tail(path, 0, chunk) == []


def test_tail_without_newline_at_the_end(path):
    path.write_text("one\ntwo\nthree")
    assert tail(path, 2, 4) == ["two", "three"]


def test_tail_with_characters_of_several_bytes(path):
    path.write_text("žluť\nkůň\n", encoding="utf-8")
    assert tail(path, 1, 1) == ["kůň"]
