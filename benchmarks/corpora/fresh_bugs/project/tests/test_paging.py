import pytest

from depot.paging import after, decode_cursor, encode_cursor, page_links, paginate, walk


def test_pages():
    page = paginate(list(range(45)), 2, 20)
    assert list(page.items) == list(range(20, 40))
    assert page.pages == 3
    assert page.has_next
    assert page.has_previous


def test_last_page():
    page = paginate(list(range(45)), 3, 20)
    assert list(page.items) == [40, 41, 42, 43, 44]
    assert not page.has_next
    assert page.caption() == "41-45 of 45"


def test_a_full_last_page():
    page = paginate(list(range(40)), 9, 20)
    assert page.number == 2
    assert page.pages == 2
    assert page.last_index == 40


def test_number_below_one():
    assert paginate([1, 2, 3], -4, 2).number == 1


def test_empty():
    page = paginate([])
    assert (page.number, page.pages, page.has_next) == (1, 1, False)
    assert page.caption() == "no entries"
    assert page.first_index == 0


def test_size_is_checked():
    with pytest.raises(ValueError):
        paginate([1], size=0)


@pytest.mark.parametrize(
    "current, pages, links",
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (5, 10, [1, None, 4, 5, 6, None, 10]),
        (4, 10, [1, 2, 3, 4, 5, None, 10]),
        (10, 10, [1, None, 9, 10]),
        (2, 4, [1, 2, 3, 4]),
    ],
)
def test_links(current, pages, links):
    assert page_links(current, pages) == links


def test_links_with_more_around():
    assert page_links(8, 20, around=2) == [1, None, 6, 7, 8, 9, 10, None, 20]


@pytest.mark.parametrize("key", [1, "Žluť", ["b", 3], None, "a" * 50])
def test_cursor_there_and_back(key):
    cursor = encode_cursor(key)
    assert "=" not in cursor
    assert decode_cursor(cursor) == key


@pytest.mark.parametrize("cursor", ["!!!", "abc", "żż", "AAAA"])
def test_bad_cursor(cursor):
    with pytest.raises(ValueError, match="bad cursor"):
        decode_cursor(cursor)


def test_after():
    items = [5, 3, 1, 4, 2]
    chunk, cursor = after(items, lambda item: item, None, 2)
    assert chunk == [1, 2]
    chunk, cursor = after(items, lambda item: item, cursor, 2)
    assert chunk == [3, 4]
    assert after(items, lambda item: item, cursor, 2) == ([5], None)


def test_after_ends_exactly():
    assert after([1, 2], lambda item: item, None, 2) == ([1, 2], None)


def test_walk():
    items = list(range(7))
    found = walk(lambda cursor: after(items, lambda item: item, cursor, 3))
    assert list(found) == items


def test_walk_stops_a_listing_that_does_not_end():
    with pytest.raises(RuntimeError):
        list(walk(lambda cursor: ([1], "again"), most=5))
