"""What a type variable stands for where an argument that it depends on is not known.

jedi takes what the other arguments say, so that of ``T`` in ``g(unknown, 1)`` an ``int`` is left.
Such a variable is incomplete here, and so is what a function gives that is annotated to return it.
"""

from __future__ import annotations

from typing import Any

from jedi.inference.base_value import NO_VALUES
from jedi.inference.gradual import annotation
from jedi.inference.param import get_executed_param_names
from jedi.inference.value.iterable import FakeDict, FakeTuple

from analysis.semantics.jedi_provider import completeness


def install() -> None:
    """Change jedi in this process; further calls change nothing more."""
    annotation.merge_type_var_dicts = _merge
    annotation.get_executed_param_names = _given


def _given(function: Any, arguments: Any) -> list[Any]:
    """The parameters of a call but for ``*args`` and ``**kwargs`` that nothing goes to: these say
    nothing of a variable."""
    names = get_executed_param_names(function, arguments)
    return [name for name in names if not completeness.isolated(_goes_without)(name)]


def _goes_without(parameter: Any) -> bool:
    if not parameter._get_param_node().star_count:
        return False
    values = parameter.infer()._set
    return bool(values) and all(
        (isinstance(value, FakeTuple) and not list(value.py__iter__()))
        or (isinstance(value, FakeDict) and not list(value.py__iter__()))
        for value in values
    )


def _merge(known: dict[str, Any], new: dict[str, Any]) -> None:
    """Add to what is ``known`` of each variable, by its name, what is ``new``."""
    for name, values in new.items():
        if values:
            known[name] = known[name] | values if name in known else values
        elif values.incomplete:
            known[name] = completeness.flagged(known.get(name, NO_VALUES))
