"""``super(X, self)`` of another class than the one around.

jedi takes every ``super`` for that of the class that the method stands in. With another class it
begins behind that one in the order of ``self``, which is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jedi.inference.base_value import NO_VALUES
from jedi.plugins import stdlib

_builtins: dict[str, Any] = stdlib._implemented["builtins"]
_super = _builtins["super"]


def install() -> None:
    """Tell jedi; further calls change nothing more."""
    _builtins["super"] = _of_its_own


def _of_its_own(value: Any, arguments: Any, callback: Callable[[], Any]) -> Any:
    given = next((lazy for key, lazy in arguments.unpack() if key is None), None)
    if given is not None:
        method = getattr(arguments.context, "tree_node", None)
        around = method.search_ancestor("classdef") if method is not None else None
        named = [getattr(each, "tree_node", None) for each in given.infer()._set]
        if around is None or any(node is not around for node in named):
            return NO_VALUES
    return _super(value, arguments=arguments, callback=callback)
