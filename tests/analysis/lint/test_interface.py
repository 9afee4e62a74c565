from __future__ import annotations

import pytest

from analysis.lint.interface import changed, imported_words, interface, words

BEFORE = '''"""About."""
import os

LIMIT = 3


class Boat:
    def name(self) -> str:
        return os.name

    def crew(self):
        return []

    def move(self) -> None:
        self.place = 1

    def other(self, *args) -> str:
        return ""

    def made(self) -> os.PathLike:
        return self
'''
#: Edits that no other file can see.
INSIDE = [
    ("return os.name", 'return "".join(os.name)'),
    ("return os.name", "# why\n        return os.name"),
    ("import os\n", "import os  # for its name\n"),
    ("LIMIT = 3", "LIMIT   =   3"),
    ("\n\n\n", "\n\n"),
]
#: Edits that another file may see.
OUTSIDE = [
    ("def name(self)", "def name(self, short=False)"),
    ("-> str:\n        return os", "-> int:\n        return os"),
    ("return []", "return ()"),
    ("self.place = 1", "self.spot = 1"),
    ("self.place = 1", "self.place = ''"),
    ('return ""', "return str(*args)"),
    ("return self", "return Boat()"),
    ("LIMIT = 3", "LIMIT = '3'"),
    ("import os", "import os, sys"),
    ("class Boat:", "class Boat(dict):"),
    ("    def crew", "def crew"),
    (
        "        return os.name",
        "        import warnings\n        warnings.warn('', DeprecationWarning)",
    ),
    ('"""About."""', '""".. deprecated:: 2"""'),
]


@pytest.mark.parametrize(("old", "new"), INSIDE)
def test_what_stays_inside_a_function_leaves_the_interface(old: str, new: str) -> None:
    assert old in BEFORE
    assert interface(BEFORE.replace(old, new, 1)).digest == interface(BEFORE).digest


@pytest.mark.parametrize(("old", "new"), OUTSIDE)
def test_what_others_may_see_changes_the_interface(old: str, new: str) -> None:
    assert old in BEFORE
    assert interface(BEFORE.replace(old, new, 1)).digest != interface(BEFORE).digest


SHIP = """\
import os
from time import time as now

LIMIT = 3


class Boat:
    def crew(self):
        return LIMIT


class Ferry(Boat):
    def cars(self):
        self.load = []


def build():
    return Ferry()


def place():
    return os.name
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("def place", "def added():\n    return 1\n\n\ndef place", {"added"}),
        ("def place():\n    return os.name\n", "", {"place"}),
        ("return Ferry()", "return None", {"build"}),
        ("self.load = []", "self.load = {}", {"Ferry", "build"}),
        ("LIMIT = 3", "LIMIT = '3'", {"LIMIT", "Boat", "Ferry", "build"}),
        ("import os", "import posix as os", {"os", "place"}),
        ("time as now", "ctime as now", {"now"}),
        # What may be more than it binds counts as everything.
        ("LIMIT = 3", "LIMIT = 3\nBoat.crew = None", None),
        ("LIMIT = 3", "if now():\n    LIMIT = 3", None),
        ("return Ferry()", "Boat.crew = None", None),
        ("return Ferry()", "setattr(Boat, 'crew', None)", None),
        ("def place", "def __getattr__(name):\n    return 1\n\n\ndef place", None),
        ("def place", "def place(:", None),
        ("from time import time as now", "from time import *", None),
        (
            "import os\nfrom time import time as now",
            "from time import time as now\nimport os",
            None,
        ),
        ("LIMIT = 3", "LIMIT = 3", None),
    ],
)
def test_the_names_by_which_a_change_can_be_noticed(
    old: str, new: str, expected: set[str] | None
) -> None:
    assert old in SHIP
    found = changed(interface(SHIP), interface(SHIP.replace(old, new, 1)))
    assert found == expected


def test_a_name_that_a_statement_hangs_on_makes_it_everything() -> None:
    text = "def fast(): ...\ntry:\n    best = fast\nexcept NameError:\n    best = None\n"
    assert changed(interface(text), interface(text.replace("...", "return 1"))) is None


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("added()", True),
        ("x = added  # new", True),
        ("x = 1  # added", False),
        ("x = 1  # type: added", True),
        ('"""It was added later."""', False),
        ("raise ValueError('one was added')", False),
        ('print(f"it was {added}")', True),
        ('print(rf"it was {added}")', True),
        ('__all__ = ["added"]', True),
        ('__all__ = "added other".split()', True),
        ('def f(x: "added | None"): ...', True),
        ("def f(x: \"Literal['a b'] | added\"): ...", True),
        ("getattr(x, 'added')", True),
        ("x = '#', added", True),
    ],
)
def test_words_are_those_that_could_be_names(text: str, there: bool) -> None:
    assert ("added" in words(text)) == there


def test_the_words_of_imports() -> None:
    text = "try: import a.b as c, \\\n  d\nexcept E: from .f import g\nfrom h import i; import j\n"
    assert imported_words(text) >= set("abcdfghij")
    assert "E" not in imported_words(text)
