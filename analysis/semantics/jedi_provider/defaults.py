"""``defaultdict(list)``: what it holds is what the factory makes (``collections``).

jedi does not read a class as the ``Callable`` that the stub asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jedi.inference.base_value import NO_VALUES, ValueSet
from jedi.plugins import stdlib

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.growing import is_given_items


def install() -> None:
    """Tell jedi; further calls change nothing more."""
    stdlib._implemented["collections"]["defaultdict"] = _made


def _made(value: Any, arguments: Any, callback: Callable[[], Any]) -> Any:
    first = next(iter(arguments.unpack()), None)
    factories = first[1].infer() if first is not None and first[0] is None else NO_VALUES
    node = arguments.argument_node
    if completeness.incomplete(factories) or node is None or is_given_items(node):
        return callback()
    made = factories.execute_with_values()
    if completeness.incomplete(made):
        return callback()
    generics = (NO_VALUES, ValueSet(each.py__class__() for each in made._set))
    return ValueSet([value.with_generics(generics)]).execute_annotation(None)
