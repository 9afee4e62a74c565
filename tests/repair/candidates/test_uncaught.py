"""What is tried where a failing test ends in an exception that the file was to catch."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from repair.candidates.uncaught import uncaught
from repair.sandbox.run import FailedTest
from repair.source.file import Source

_STORE = """\
import wire
from store.errors import StoreError

def load(path):
    try:
        return read(path)
    except OSError:
        return None

def entry(store, key):
    value = store[key]
    return value

def sent(store):
    for key in store:
        wire.send(key)
    return False

def taken(store, key):
    try:
        return store.pop(key)
    except (ValueError, OSError):
        return None
"""


def _tried(exception: str, line: int, test: Path, at: int = 5) -> list[str]:
    source = Source("/w/m.py", _STORE)
    frames = ((str(test), at, "test_it"), ("/w/m.py", line, "entry"))
    found = list(uncaught(source, [FailedTest(exception, frames=frames, lines=(line,))]))
    texts = [source.apply(c.edits) for c in sorted(found, key=lambda c: -c.value)]
    return [ast.unparse(ast.parse(text)) for text in texts]


@pytest.mark.parametrize(
    "expecting",
    ["with pytest.raises(StoreError):\n        run()", "self.assertRaises(StoreError, run)"],
)
def test_the_exception_that_the_test_asks_for_is_raised_in_its_place(
    tmp_path: Path, expecting: str
) -> None:
    test = tmp_path / "test_m.py"
    test.write_text(f"import pytest\n\n\ndef test_it(self=None):\n    {expecting}\n")
    at = 4 + len(expecting.splitlines())
    best = _tried("KeyError", 11, test, at)[0]
    handler = "except KeyError as error:\n        raise StoreError(str(error)) from error"
    assert f"try:\n        value = store[key]\n    {handler}" in best


def test_nothing_is_swallowed_that_the_test_does_not_ask_for(tmp_path: Path) -> None:
    assert not _tried("KeyError", 11, tmp_path / "gone.py")


def test_a_handler_that_is_there_gets_one_more(tmp_path: Path) -> None:
    best = _tried("KeyError", 21, tmp_path / "gone.py")[0]
    assert "except (ValueError, OSError, KeyError):" in best


@pytest.mark.parametrize("exception", ["AssertionError", "NameError", "Failed", "a b"])
def test_what_no_program_is_to_catch_is_left_alone(tmp_path: Path, exception: str) -> None:
    assert not _tried(exception, 11, tmp_path / "gone.py")
