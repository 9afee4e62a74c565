"""What is invented for ``benchmarks.lint_precision`` does not exist, and is the same every time."""

from __future__ import annotations

import ast
import random
import sys
import sysconfig
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.installed import Installed
from benchmarks.lint_inventions import KINDS, invent
from benchmarks.lint_names import wrong_names
from benchmarks.lint_truth import Truth
from benchmarks.real_api import answered

_SOURCE = """\
import os
import textwrap
from json.decoder import JSONDecoder


class Reader:
    def __init__(self, place):
        self.place = place

    def read_all(self, deep):
        return os.listdir(self.place)

    def twice(self):
        return self.read_all(True)

    def text(self, lines):
        return textwrap.indent(''.join(lines), '  ', predicate=None)

    def silent(self):
        return os.getpid()  # type: ignore


def decoder(strict):
    return JSONDecoder(strict=strict)


def processors():
    # called with nothing, which takes nothing

    count = os.cpu_count()
    return count


def message():
    from email.message import Message

    return Message()
"""


def test_names_are_wrong_in_the_ways_of_people() -> None:
    made = set(wrong_names("_read_text", random.Random(1)))
    assert {("slip", "_raed_text"), ("word", "_load_text"), ("case", "_readText")} <= made
    assert all(name.startswith("_") for _, name in made)


def test_the_packages_tell_what_exists() -> None:
    told = answered(
        {
            "modules": ["json"],
            "members": [["json", "decoder"], ["json", "dumpz"], ["nowhere_at_all", "x"]],
            "attributes": [["splitlines", "casefold"], ["splitlines", "readlines"]],
            "calls": [["json", "loads"], ["os.path", "join"], ["os", "sep"]],
        }
    )
    assert told == {
        "members": [True, False, None],
        "attributes": [False, True],
        "calls": [[1, 1], [1, None], None],
    }


@pytest.mark.slow
@pytest.mark.process
def test_inventions_are_new_spread_and_repeatable(tmp_path: Path) -> None:
    (tmp_path / "known.py").write_text(_SOURCE, encoding="utf-8")
    stdlib = Path(sysconfig.get_path("stdlib"))
    truth = Truth(Installed(Path(sys.executable), (tmp_path, stdlib / "json")))
    copies = invent({"known.py": _SOURCE}, truth, 40, 3)
    made = [one for copy in copies for _, new in copy.values() for one in new]
    assert {one.kind for one in made} == set(KINDS)
    assert not any("getpid" in one.was for one in made)
    for copy in copies:
        for text, new in copy.values():
            ast.parse(text)
            assert text.count("\n") == _SOURCE.count("\n")
            lines = sorted(one.line for one in new)
            assert all(b - a >= 4 for a, b in pairwise(lines))
    assert invent({"known.py": _SOURCE}, truth, 40, 3) == copies
