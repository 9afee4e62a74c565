from __future__ import annotations

import pytest

from analysis.lint.stable_names import stable
from analysis.syntax.tree import parse
from tests.analysis.lint.conftest import Look

CASES = {
    "import json\njson.dumps(1)\n": ("json", True),
    "import os.path\nimport os.abc\nos.x()\n": ("os", True),
    "from json import dumps\ndumps(1)\n": ("dumps", True),
    "from json import dumps as d\nd(1)\n": ("d", True),
    "def f(): ...\nf(g=f)\n": ("f", True),
    "@f\nclass A(f): ...\n": ("A", True),
    "x = len(y)\n": ("len", True),
    "from a import *\nlen(1)\n": ("len", False),
    "len = 1\nlen(1)\n": ("len", False),
    "def f(len): ...\n": ("len", False),
    "def f(*len): ...\n": ("len", False),
    "for len in x: ...\n": ("len", False),
    "for a, len in x: ...\n": ("len", False),
    "[1 for len in x]\n": ("len", False),
    "(len := 1)\n": ("len", False),
    "with a as len: ...\n": ("len", False),
    "try: ...\nexcept E as len: ...\n": ("len", False),
    "def f():\n    import json\n": ("json", False),
    "try:\n    import json\nexcept ImportError:\n    json = None\n": ("json", False),
    "def f(): ...\ndef f(): ...\n": ("f", False),
    "def f():\n    global json\n": ("json", False),
    "match x:\n    case len: ...\n": ("len", False),
    "lambda len: 1\n": ("len", False),
    "del len\n": ("len", False),
    "class A:\n    def f(self): ...\n": ("f", False),
}


@pytest.mark.parametrize(("source", "expected"), CASES.items())
def test_a_name_is_steady_where_it_means_one_thing(source: str, expected: tuple[str, bool]) -> None:
    name, holds = expected
    assert stable(parse(source))(name) is holds


def test_a_call_of_a_steady_name_is_still_found_everywhere(look_at: Look) -> None:
    found = look_at(
        "import json\njson.loads('1', '2')\njson.loads('1')\n\n\ndef f():\n"
        "    json.loads('1', encodings='')\n    return json.loads('1', '2')\n"
    ).findings
    assert [(f.code, f.line) for f in found] == [("PF105", 1), ("PF105", 7)]
