"""Which names a file reads though nothing in it binds them."""

from __future__ import annotations

import pytest

from analysis.semantics.import_holes import wanted

NAMES = ("os", "re", "json", "Path", "IO", "time", "http", "env", "args", "__name__")
CASES = {
    "read and not bound": ("import $0\nre.compile(json)\n", ("json", "re")),
    "imported elsewhere": ("import $0\nimport re\nre.compile(json)\n", ("json",)),
    "bound by a function somewhere": (
        "import $0\ndef f(env, *args):\n    re(env, args)\n",
        ("re",),
    ),
    "bound by a comprehension": ("import $0\n[re for time in json]\n", ("json", "re")),
    "only in other imports": ("import $0\nfrom http import (\n    os,\n)\nimport json\n", ()),
    "an attribute or a keyword": ("import $0\nx.re(json=1)\n", ()),
    "in a string or a comment": ("import $0\n'os'  # re\n", ()),
    "of the line itself": ("import os, $0\nre(os)\n", ("re",)),
    "as isort has them": ("import $0\nre(Path, os, IO)\n", ("IO", "Path", "os", "re")),
    "of every module": ("import $0\n__name__\n", ()),
    "broken code": ("import $0\ndef f(:\n    re.(\n", ("re",)),
}


@pytest.mark.parametrize("case", CASES)
def test_what_lacks_its_import(case: str) -> None:
    code, expected = CASES[case]
    assert wanted(code.replace("$0", ""), code.index("$0"), NAMES) == expected
