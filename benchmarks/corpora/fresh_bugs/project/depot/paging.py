"""Pages of long listings: by number for people, by cursor for programs."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Callable, Generic, Iterator, List, Optional, Sequence, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page; ``number`` counts from 1."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty listing has one."""
        return max(1, -(-self.total // self.size))

    @property
    def has_next(self) -> bool:
        return self.number < self.pages

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def first_index(self) -> int:
        """Number of the first item shown, from 1; 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last_index(self) -> int:
        """Number of the last item shown."""
        return self.first_index + len(self.items) - 1 if self.items else 0

    def caption(self) -> str:
        """``21-40 of 93``."""
        if not self.items:
            return "no entries"
        return f"{self.first_index}-{self.last_index} of {self.total}"


def paginate(items: Sequence[T], number: int = 1, size: int = 20) -> "Page[T]":
    """Page ``number`` of ``items``; a number past the end gives the last page."""
    if size < 1:
        raise ValueError("size must be at least 1")
    last = max(1, -(-len(items) // size))
    number = min(max(number, 1), last)
    start = (number - 1) * size
    return Page(items[start : start + size], number, size, len(items))


def page_links(current: int, pages: int, around: int = 1) -> List[Optional[int]]:
    """Numbers to show as links, ``None`` where some are left out.

    The first, the last and ``around`` on each side of the current one are kept; a gap of a
    single page is filled, since the dots would take the same room.
    """
    wanted = {1, pages}
    wanted.update(range(max(1, current - around), min(pages, current + around) + 1))
    links: List[Optional[int]] = []
    previous = 0
    for number in sorted(wanted):
        if number - previous == 2:
            links.append(number - 1)
        elif number - previous > 2:
            links.append(None)
        links.append(number)
        previous = number
    return links


def encode_cursor(key: Any) -> str:
    """A cursor that holds ``key`` and survives a URL."""
    raw = json.dumps(key, separators=(",", ":")).encode("utf-8")
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def decode_cursor(cursor: str) -> Any:
    """The key in ``cursor``; raises ``ValueError`` when it is not one of ours."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        return json.loads(base64.urlsafe_b64decode(padded.encode("ascii")).decode("utf-8"))
    except (ValueError, UnicodeError) as error:
        raise ValueError(f"bad cursor {cursor!r}") from error


def after(
    items: Sequence[T], key: Callable[[T], Any], cursor: Optional[str], limit: int
) -> "tuple[List[T], Optional[str]]":
    """Up to ``limit`` items behind ``cursor`` in order of ``key``, and the cursor to go on with."""
    ordered = sorted(items, key=key)
    if cursor is not None:
        seen = decode_cursor(cursor)
        ordered = [item for item in ordered if key(item) > seen]
    chunk = ordered[:limit]
    if len(ordered) > limit:
        return chunk, encode_cursor(key(chunk[-1]))
    return chunk, None


def walk(
    fetch: "Callable[[Optional[str]], tuple[List[T], Optional[str]]]", most: int = 1000
) -> Iterator[T]:
    """All items of a paged source, up to ``most`` pages."""
    cursor = None
    for _ in range(most):
        chunk, cursor = fetch(cursor)
        yield from chunk
        if cursor is None:
            return
    raise RuntimeError("the listing does not end")
