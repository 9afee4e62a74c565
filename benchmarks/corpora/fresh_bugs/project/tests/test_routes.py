import pytest

from depot.routes import Cycle, NoRoute, RoadMap, earliest_finish, work_order


@pytest.fixture
def roads():
    roads = RoadMap()
    roads.road("depot", "a", 4)
    roads.road("depot", "b", 1)
    roads.road("b", "a", 2)
    roads.road("a", "c", 5)
    roads.road("b", "c", 9, one_way=True)
    roads.road("x", "y", 1)
    return roads


def test_shortest(roads):
    assert roads.shortest("depot", "a") == (3, ["depot", "b", "a"])
    assert roads.shortest("depot", "c") == (8, ["depot", "b", "a", "c"])


def test_shortest_to_itself(roads):
    assert roads.shortest("a", "a") == (0, ["a"])


def test_one_way(roads):
    roads.road("c", "depot", 1, one_way=True)
    assert roads.shortest("c", "depot") == (1, ["c", "depot"])
    assert roads.shortest("depot", "c")[0] == 8


def test_one_way_is_not_driven_back():
    roads = RoadMap()
    roads.road("a", "b", 1, one_way=True)
    with pytest.raises(NoRoute):
        roads.shortest("b", "a")


@pytest.mark.parametrize("goal", ["x", "nowhere"])
def test_no_route(roads, goal):
    with pytest.raises(NoRoute, match=f"depot -> {goal}"):
        roads.shortest("depot", goal)


def test_the_shortest_of_several_roads_counts(roads):
    roads.road("depot", "a", 2)
    roads.road("depot", "a", 7)
    assert roads.shortest("depot", "a") == (2, ["depot", "a"])
    assert roads.shortest("a", "depot") == (2, ["a", "depot"])


def test_roads_have_a_length():
    with pytest.raises(ValueError):
        RoadMap().road("a", "b", -1)


def test_places(roads):
    assert roads.places == ["a", "b", "c", "depot", "x", "y"]


def test_looking_adds_no_places(roads):
    with pytest.raises(NoRoute):
        roads.shortest("ghost", "a")
    roads.within("ghost", 3)
    assert "ghost" not in roads.places


def test_within():
    roads = RoadMap()
    for a, b in ["ab", "bc", "cd", "ae"]:
        roads.road(a, b, 1)
    assert roads.within("a", 0) == set()
    assert roads.within("a", 1) == {"b", "e"}
    assert roads.within("a", 2) == {"b", "c", "e"}
    assert roads.within("a", 9) == {"b", "c", "d", "e"}


def test_tour(roads):
    length, order = roads.tour("depot", ["c", "a", "b", "depot"])
    assert order == ["depot", "b", "a", "c", "depot"]
    assert length == 1 + 2 + 5 + 8


def test_tour_without_stops(roads):
    assert roads.tour("depot", []) == (0, ["depot"])


def test_tour_goes_by_name_when_distances_are_equal():
    roads = RoadMap()
    for stop in ("n", "m", "k"):
        roads.road("hub", stop, 1)
    assert roads.tour("hub", ["n", "m", "k"])[1] == ["hub", "k", "m", "n", "hub"]


def test_regions(roads):
    assert roads.regions() == [["a", "b", "c", "depot"], ["x", "y"]]


def test_one_way_roads_connect_regions():
    roads = RoadMap()
    roads.road("b", "a", 1, one_way=True)
    roads.road("b", "c", 1, one_way=True)
    assert roads.regions() == [["a", "b", "c"]]


def test_work_order():
    needs = {"ship": ["pack", "pay"], "pack": ["pick"], "pick": [], "pay": []}
    assert work_order(needs) == ["pay", "pick", "pack", "ship"]


def test_work_order_by_name():
    assert work_order({"b": [], "a": [], "c": ["b"]}) == ["a", "b", "c"]


def test_work_order_includes_what_is_only_needed():
    assert work_order({"b": ["a"]}) == ["a", "b"]


def test_a_need_named_twice():
    assert work_order({"b": ["a", "a"], "a": []}) == ["a", "b"]


def test_cycle():
    with pytest.raises(Cycle) as caught:
        work_order({"a": ["b"], "b": ["c"], "c": ["b"], "d": []})
    assert caught.value.path == ["b", "c", "b"]
    assert str(caught.value) == "b -> c -> b"


def test_waiting_for_itself():
    with pytest.raises(Cycle, match="a -> a"):
        work_order({"a": ["a"]})


def test_work_order_does_not_change_its_argument():
    needs = {"b": {"a"}, "a": set()}
    work_order(needs)
    assert needs == {"b": {"a"}, "a": set()}


def test_earliest_finish():
    needs = {"ship": ["pack", "pay"], "pack": ["pick"]}
    hours = {"ship": 1, "pack": 2, "pick": 3, "pay": 4}
    assert earliest_finish(needs, hours) == 6
    assert earliest_finish({}, {}) == 0
    assert earliest_finish({"a": [], "b": []}, {"a": 5, "b": 3}) == 5
