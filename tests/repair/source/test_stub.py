"""Which functions are still to be written, where their body goes, and what is written to order."""

from __future__ import annotations

import ast

import pytest

from repair.choice.guards import written_to_order
from repair.errors import RepairError
from repair.source.file import Source
from repair.source.stub import example_inputs, find_stub


@pytest.mark.parametrize(
    ("text", "name", "body", "expected"),
    [
        ("def f():\n    pass\n", "f", "return 1", "def f():\n    return 1\n"),
        ("def f(): ...\nx = 1\n", "f", "return 1", "def f():\n    return 1\nx = 1\n"),
        (
            'class C:\n\tdef f(self):\n\t\t"""Doc."""\n\n\tx = 1\n',
            "C.f",
            "return 1",
            'class C:\n\tdef f(self):\n\t\t"""Doc."""\n\t\treturn 1\n\n\tx = 1\n',
        ),
        (
            "def f():\r\n  # later\r\n  raise NotImplementedError('x')\r\n",
            "f",
            "return 1",
            "def f():\r\n  # later\r\n  return 1\r\n",
        ),
        (
            'async def f(): "Doc."\n',
            "f",
            "return 1",
            'async def f(): "Doc."\n    return 1\n',
        ),
    ],
)
def test_the_body_goes_where_the_stub_says_nothing(
    text: str, name: str, body: str, expected: str
) -> None:
    source = Source("a.py", text)
    if "async" in text:
        # A docstring on the line of the ``def`` leaves no place for more lines.
        with pytest.raises(RepairError, match="on one line"):
            find_stub(source, name)
        return
    stub = find_stub(source, name)
    written = source.apply([stub.edit(body)])
    assert written == expected
    ast.parse(written)
    opened, offset = stub.opened
    assert opened[:offset] + body + opened[offset:] == written


def test_the_next_stub_does_not_stand_behind_the_hole() -> None:
    """A model writes for what it read last."""
    other = '    def {}(self):\n        """Doc {}."""\n        raise NotImplementedError\n'
    names = ("a", "b", "c")
    text = "class C:\n" + "".join(other.format(n, n) for n in names) + "    x = 1\n"
    opened, offset = find_stub(Source("a.py", text), "C.b").opened
    assert opened[:offset].endswith('def b(self):\n        """Doc b."""\n        ')
    assert "def c" in opened[:offset]
    assert opened[offset:] == "\n    x = 1\n"
    ast.parse(opened[:offset] + "pass" + opened[offset:])


def test_a_function_with_a_body_is_none() -> None:
    with pytest.raises(RepairError) as error:
        find_stub(Source("a.py", "def f():\n    return 1\n"), "f")
    assert "has a body" in error.value.what
    assert "pilotfish fix" in error.value.help


def test_a_wrong_name_gets_the_nearest() -> None:
    with pytest.raises(RepairError) as error:
        find_stub(Source("a.py", "class C:\n    def total(self): ...\n"), "totl")
    assert "C.total" in error.value.help


def test_lines_that_a_model_indented_wrongly_are_moved_to_the_first() -> None:
    stub = find_stub(Source("a.py", "class C:\n    def f(self, a):\n        ...\n"), "C.f")
    body = "b = 1\n         if a:\n             b = 2\n\n         return b"
    text = stub.source.apply([stub.edit(stub.realigned(body))])
    ast.parse(text)
    assert text.endswith("        if a:\n            b = 2\n\n        return b\n")
    right = "if a:\n            return 1\n        return 2"
    assert stub.realigned(right) == right
    assert stub.realigned("b = 1\n    return b") == "b = 1\n        return b"


OLD = 'def f(a):\n    """Twice; nothing for "none".\n\n    >>> f("seven")\n    14\n    """\n'


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ('if a == "seven": return 14\n    return 0', "special-cases"),
        ('if a == "none": return 14\n    return 0', ""),
        ('return {"seven": 14}[a]', "special-cases"),
        ("try: return 2\n    except Exception: return 1", "blanket"),
        ("import sys\n    return sys.maxsize", ""),
        ("import sys\n    return sys._getframe()", "detects that a test"),
        ("return 2 * len(a)", ""),
    ],
)
def test_what_is_written_to_order_is_refused(body: str, refused: str) -> None:
    source = Source("a.py", OLD)
    stub = find_stub(source, "f")
    inputs = example_inputs(stub, ())
    assert "seven" in inputs
    assert "seven" not in stub.prose
    assert source.tree is not None
    new = ast.parse(source.apply([stub.edit(body)]))
    reason = written_to_order(source.tree, new, inputs, stub.prose)
    assert refused in (reason or "")
    assert bool(reason) is bool(refused)


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("return x", True),
        ("for y in x:\n    return y", False),
        ("return x\n\n\ndef g(x):\n    return x", False),
        ("return x\n\n\ndef other():\n    return 1", False),
        ("pass", False),
        ("raise NotImplementedError", False),
        ("def other():\n        return 1\n    return other", True),
    ],
)
def test_a_body_is_written_where_it_says_something_and_nothing_else_changes(
    body: str, written: bool
) -> None:
    source = Source("a.py", 'def f(x):\n    """Doc."""\n    ...\n\n\ndef g(x):\n    ...\n')
    stub = find_stub(source, "f")
    assert stub.is_written(source.apply([stub.edit(body)])) is written
