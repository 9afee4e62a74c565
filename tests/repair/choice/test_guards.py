"""Patches that fool the tests are refused by name; honest ones are not."""

from __future__ import annotations

import ast

import pytest

from repair.choice.guards import literals, refusal

OLD = """
def total(prices, rate):
    if rate < 0:
        raise ValueError(rate)
    return sum(prices) * rate
"""
TEST = "assert total([3, 4], 5) == 35\nassert total([], 'odd') == 'nothing'\n"


def _refusal(new: str, old: str = OLD) -> str | None:
    return refusal(ast.parse(old), ast.parse(new), literals(ast.parse(TEST)))


@pytest.mark.parametrize(
    ("what", "new"),
    [
        ("special-cases", OLD.replace("    return", "    if rate == 5: return 7 * 5\n    return")),
        (
            "special-cases",
            OLD.replace("    return", "    if rate in ('odd',): return 0\n    return"),
        ),
        ("special-cases", OLD.replace("sum(prices) * rate", "{'odd': 1}.get(rate)")),
        ("returns a literal", OLD.replace("sum(prices) * rate", "35")),
        ("returns a literal", OLD.replace("sum(prices) * rate", "'nothing'")),
        (
            "blanket",
            OLD.replace("    return", "    try:\n        pass\n    except: pass\n    return"),
        ),
        (
            "blanket",
            OLD.replace(
                "    return", "    try: x = 1\n    except (KeyError, Exception): x = 2\n    return"
            ),
        ),
        (
            "detects that a test",
            OLD.replace("    return", "    import sys; sys.exit(0)\n    return"),
        ),
        (
            "detects that a test",
            OLD.replace("    return", "    import pytest; pytest.skip()\n    return"),
        ),
        ("detects that a test", OLD.replace("    return", "    exit(0)\n    return")),
        ("equality", OLD + "\nclass T(int):\n    def __eq__(self, other): return True\n"),
        ("check", OLD.replace("        raise ValueError(rate)", "        pass")),
    ],
)
def test_refused(what: str, new: str) -> None:
    reason = _refusal(new)
    assert reason is not None
    assert what in reason


@pytest.mark.parametrize(
    "new",
    [
        OLD.replace("*", "+"),
        OLD.replace("< 0", "<= 0"),
        OLD.replace("sum(prices) * rate", "sum(prices) * rate / 100"),
        OLD.replace("    return", "    if not prices: return 0\n    return"),
        OLD.replace("ValueError(rate)", "ValueError(f'bad rate {rate}')"),
        OLD.replace("rate < 0", "rate == -1"),
    ],
)
def test_not_refused(new: str) -> None:
    assert _refusal(new) is None


def test_tests_in_the_file_itself_stay_as_they_are() -> None:
    old = OLD + "\ndef test_total():\n    assert total([2], 3) == 6\n"
    assert "check" in (_refusal(old.replace("== 6", "== 5"), old) or "")
    documented = OLD.replace("    if", "    '''>>> total([2], 3)\n    6\n    '''\n    if")
    assert "check" in (_refusal(documented.replace("6", "5"), documented) or "")


EQUAL = """
class Span:
    def __eq__(self, other):
        if isinstance(other, Span):
            if self.years == other.years and self.days == other.days:
                return True
            return False
        return NotImplemented
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return False", "return True"),
        (" and self.days == other.days", ""),
        (" and ", " or "),
        ("self.years ==", "self.years !="),
    ],
)
def test_an_equality_is_not_loosened(old: str, new: str) -> None:
    assert "equality" in (_refusal(EQUAL.replace(old, new), EQUAL) or "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("other.days", "other.months"),
        (" == other.days", " == other.days and self.sign == other.sign"),
        ("return NotImplemented", "return False"),
    ],
)
def test_an_equality_that_was_wrong_is_fixed(old: str, new: str) -> None:
    assert _refusal(EQUAL.replace(old, new), EQUAL) is None
    assert _refusal(EQUAL, EQUAL.replace(" and ", " or ")) is None


def test_what_is_suppressed_may_be_another_exception_but_not_any() -> None:
    old = OLD.replace("    return", "    with suppress(KeyError):\n        rate += 1\n    return")
    assert _refusal(old.replace("KeyError", "TypeError"), old) is None
    assert "blanket" in (_refusal(old.replace("KeyError", "Exception"), old) or "")
    assert "blanket" in (_refusal(old, OLD) or "")
