import copy

import pytest

from depot.merging import Change, Conflict, apply, deep_update, diff, flatten, merge3

BASE = {"name": "depot", "mail": {"host": "a", "port": 25}, "tags": [1, 2]}


def test_diff():
    after = {"name": "depot", "mail": {"host": "b", "tls": True}, "tags": [1]}
    assert [str(change) for change in diff(BASE, after)] == [
        "~ mail.host: 'a' -> 'b'",
        "- mail.port = 25",
        "+ mail.tls = True",
        "~ tags: [1, 2] -> [1]",
    ]


def test_diff_of_equal_is_empty():
    assert diff(BASE, copy.deepcopy(BASE)) == []


def test_diff_of_mapping_and_value():
    assert diff({"a": {"b": 1}}, {"a": 1}) == [Change("changed", ("a",), {"b": 1}, 1)]


def test_diff_keeps_values_of_none():
    assert diff({"a": None}, {}) == [Change("removed", ("a",), before=None)]


@pytest.mark.parametrize(
    "after",
    [
        {},
        {"name": "x", "mail": {}, "tags": [1, 2]},
        {"mail": {"host": "a", "port": 26, "deep": {"er": 1}}, "new": None},
    ],
)
def test_apply_undoes_diff(after):
    assert apply(BASE, diff(BASE, after)) == after


def test_apply_changes_a_copy():
    before = copy.deepcopy(BASE)
    apply(BASE, [Change("changed", ("mail", "host"), "a", "z")])
    assert BASE == before


def test_apply_shares_nothing_with_the_change():
    value = {"deep": [1]}
    result = apply({}, [Change("added", ("a",), after=value)])
    result["a"]["deep"].append(2)
    assert value == {"deep": [1]}


def test_apply_needs_the_path():
    with pytest.raises(KeyError):
        apply({}, [Change("changed", ("a", "b"), 1, 2)])


def test_deep_update():
    merged = deep_update(BASE, {"mail": {"port": 587}, "tags": [], "new": {"x": 1}})
    assert merged == {
        "name": "depot",
        "mail": {"host": "a", "port": 587},
        "tags": [],
        "new": {"x": 1},
    }


def test_deep_update_removes():
    assert deep_update(BASE, {"mail": {"port": None}, "tags": None, "gone": None}) == {
        "name": "depot",
        "mail": {"host": "a"},
    }


def test_deep_update_leaves_its_arguments_alone():
    before = copy.deepcopy(BASE)
    override = {"mail": {"list": [1]}, "more": {"list": [2]}}
    merged = deep_update(BASE, override)
    merged["mail"]["list"].append(9)
    merged["more"]["list"].append(9)
    merged["tags"].append(9)
    assert BASE == before
    assert override == {"mail": {"list": [1]}, "more": {"list": [2]}}


def test_merge_of_separate_edits():
    ours = {"name": "depot", "mail": {"host": "b", "port": 25}, "tags": [1, 2]}
    theirs = {"name": "store", "mail": {"host": "a", "port": 587}, "tags": [1, 2]}
    merged, conflicts = merge3(BASE, ours, theirs)
    assert conflicts == []
    assert merged == {"name": "store", "mail": {"host": "b", "port": 587}, "tags": [1, 2]}


def test_merge_conflict_keeps_ours():
    merged, conflicts = merge3({"a": {"x": 1}}, {"a": {"x": 2}}, {"a": {"x": 3}})
    assert merged == {"a": {"x": 2}}
    assert conflicts == [Conflict(("a", "x"), 2, 3)]


def test_merge_of_the_same_edit_is_no_conflict():
    assert merge3({"a": 1}, {"a": 5}, {"a": 5}) == ({"a": 5}, [])


def test_merge_removal():
    assert merge3({"a": 1, "b": 2}, {"b": 2}, {"a": 1, "b": 2}) == ({"b": 2}, [])
    assert merge3({"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1}) == ({"a": 1}, [])


def test_merge_removal_against_edit_conflicts():
    merged, conflicts = merge3({"a": 1}, {}, {"a": 2})
    assert merged == {}
    assert conflicts == [Conflict(("a",), None, 2)]


def test_merge_of_two_additions():
    merged, conflicts = merge3({}, {"a": {"x": 1}}, {"a": {"y": 2}})
    assert merged == {"a": {"x": 1, "y": 2}}
    assert conflicts == []


def test_flatten():
    assert flatten({"a": {"b": 1, "c": {"d": 2}}, "e": 3, "f": {}}) == {
        "a.b": 1,
        "a.c.d": 2,
        "e": 3,
        "f": {},
    }
    assert flatten({"a": {"b": {"c": 1}}}, "/") == {"a/b/c": 1}
