"""Which words of a file need not be looked up at a place of it."""

from __future__ import annotations

import pytest

from decoding.guidance.text_around import known_words

FILE = """\
import os
import numpy as np
from os.path import join as joined
from typing import (
    Any,
    Callable,
)

LIMIT = 3
if LIMIT:
    flag = 1

    def guarded(chosen):
        kept = chosen
        return kept


def outer(first):
    '''Words of a docstring.'''
    local = first  # and of a comment
    local.member = "said"

    def inner(second):
        deep = second
        <inner>
        return deep

    class Part:
        weight = 1

        def lift(
            self,
        ):
            return self.weight

    call(local, given=3)
    <outer>
    return inner


class Shape:
    size = 0
    <class>

    def area(self, width):
        total = width
        <method>
        later = total
        return later

    def other(self, elsewhere):
        return elsewhere


def short(argument): pass


async def last(
    parameter,
):
    hidden = parameter
"""
MODULE = {
    "os", "Any", "Callable", "LIMIT", "flag", "guarded", "outer", "Shape", "last", "print",
    "return", "np", "joined",
}  # fmt: skip
#: What imports name and do not bind.
UNBOUND = {"numpy", "join", "typing", "path"}
#: What belongs to a function that is none around any of the places.
STRANGE = {"chosen", "kept"}
PLACES = {
    "inner": (
        {"first", "local", "second", "deep", "inner"},
        {"width", "size", "hidden", "docstring", "comment", "said", "member"},
    ),
    "outer": (
        {"first", "local", "inner", "Part"},
        {"width", "elsewhere", "hidden", "argument", "second", "deep", "weight", "lift", "given"},
    ),
    "class": ({"size", "area", "other"}, {"local", "hidden"}),
    "method": ({"self", "width", "total"}, {"later", "elsewhere", "size", "hidden", "local"}),
}


@pytest.mark.parametrize("typed", ["", "x = "])
@pytest.mark.parametrize("place", PLACES)
def test_words_of_the_functions_around_and_of_the_module(place: str, typed: str) -> None:
    known, unknown = PLACES[place]
    text, offset = FILE, 0
    for name in PLACES:
        if name == place:
            text = text.replace(f"<{name}>", f"{typed}$0")
        text = text.replace(f"<{name}>", "pass")
    offset = text.index("$0")
    words = known_words(text.replace("$0", ""), offset)
    assert known | MODULE <= words
    assert not (unknown | UNBOUND | STRANGE) & words


@pytest.mark.parametrize("text", ["", "\n", "x", "def f(", "    ", "class A:\n\tx\n\n"])
def test_any_text_and_any_place(text: str) -> None:
    for offset in range(len(text) + 1):
        assert "len" in known_words(text, offset)
