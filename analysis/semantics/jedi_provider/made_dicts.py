"""Dictionaries that hold more sorts of values than the first argument they are made of shows.

Of ``dict(first, **more)`` jedi reads the values of ``first`` alone, and so it does where items are
given to the dictionary later. What ``setdefault`` gives back of a display may also be the default.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jedi.inference.base_value import NO_VALUES, ValueSet
from jedi.inference.value.iterable import DictLiteralValue
from jedi.plugins import stdlib

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.growing import is_given_items

#: ``**more`` and ``name=value`` among arguments; elsewhere in them they only cost an answer.
_KEYWORD = re.compile(r"\*\*|(?<![=!<>:])=(?!=)")
_builtins: dict[str, Any] = stdlib._implemented["builtins"]


def install() -> None:
    """Tell jedi; further calls change nothing more."""
    _builtins["dict"] = _made
    DictLiteralValue.overwritten_methods["setdefault"] = _had_or_given


def _made(value: Any, arguments: Any, callback: Callable[[], Any]) -> Any:
    node = arguments.argument_node
    if node is None or not (_KEYWORD.search(node.get_code()) or is_given_items(node)):
        return callback()
    return ValueSet([value.with_generics((NO_VALUES, NO_VALUES))]).execute_annotation(None)


def _had_or_given(self: Any, arguments: Any) -> Any:
    given = [lazy for key, lazy in arguments.unpack() if key is None]
    if len(given) != 2:
        return completeness.flagged(self._dict_values())
    return ValueSet.from_sets([self._dict_values(), given[1].infer()])
