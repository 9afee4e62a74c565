from __future__ import annotations

import pytest

from analysis.lint.surface import surface

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
def test_what_stays_inside_a_function_leaves_the_surface(old: str, new: str) -> None:
    assert old in BEFORE
    assert surface(BEFORE.replace(old, new, 1)) == surface(BEFORE)


@pytest.mark.parametrize(("old", "new"), OUTSIDE)
def test_what_others_may_see_changes_the_surface(old: str, new: str) -> None:
    assert old in BEFORE
    assert surface(BEFORE.replace(old, new, 1)) != surface(BEFORE)
