"""When a namespace may be written to by what its syntax does not show."""

from __future__ import annotations

import pytest

from analysis.program.visible import doubt
from analysis.syntax.tree import parse


@pytest.mark.parametrize(
    "code",
    [
        "globals()['a'] = 1",
        "globals().update(x)",
        "for n in x: globals()[n] = x",
        "g = globals()",
        "exec(code)",
        "exec(compile(a, 'b', 'exec'))",
        "sys.modules[__name__].__dict__.update(x)",
        "IntEnum._convert_('A', __name__, f)",
        "@enum.global_enum\nclass A: ...",
        "builtins.unicode = str",
        "__builtins__['_'] = f",
        "vars()['a'] = 1",
        "globals()[names[0]] = 1",
        "globals()['a'] **= 1",
        "globals()['a']: int = 1",
        "__builtins__['a'] = 1",
        "builtins.__dict__[name] = f",
        "builtins.__dict__.update(names)",
        "vars(builtins)['_'] = f",
        "space = vars(builtins)",
    ],
)
def test_writing_is_noticed(code: str) -> None:
    assert doubt(parse(code), code)


@pytest.mark.parametrize(
    "code",
    [
        "x = globals()['a']",
        "self._convert(value)",
        "if globals()['a'] == 1: ...",
        "globals().get('a')",
        "if 'a' in globals(): ...",
        "exec(code, space)",
        "cursor.exec(code)",
        "for k in globals().copy(): ...",
        "'%s' % vars()['a']",
        "x = globals()[names[0]]",
        "f(globals()['a'], b=1)",
        "{'a': globals()['a']}",
        "x = builtins.__dict__[name]",
        "x = builtins.__dict__.get(name)",
        "x = __builtins__['print']",
        "if name in vars(builtins): ...",
        "builtins.__dict__[name] == f",
        "vars(self)[name] = 1",
    ],
)
def test_reading_is_not(code: str) -> None:
    assert not doubt(parse(code), code)


def test_the_names_of_a_function_cannot_be_added_to() -> None:
    code = "def f():\n    locals()['a'] = 1\n    g = vars()"
    assert not doubt(parse(code), code)
