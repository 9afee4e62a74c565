"""What ``isinstance`` says about a receiver: the classes it names, as values of their own."""

from __future__ import annotations

from typing import Any

from jedi.inference.base_value import NO_VALUES

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.session import Session


def narrowed_values(
    session: Session, hole: Any, receiver_text: str, scope: Any
) -> tuple[Any | None, bool]:
    """Instances of every class that an ``isinstance`` of the hole's function names for the text.

    ``None`` when there is no such call; the flag tells whether all the classes are known.
    """
    values, complete, found = NO_VALUES, True, False
    start = (scope if scope is not None else session.module_node).start_pos
    for name in session.module_node.get_used_names().get("isinstance", ()):
        if not start <= name.start_pos < hole.start_pos:
            continue
        arguments = _arguments(name)
        if arguments is None or _code(arguments[0]) != receiver_text:
            continue
        found = True
        classes = session.context_of(arguments[1]).infer_node(arguments[1])
        for instances in _instances(classes):
            values |= instances
            complete = complete and not completeness.incomplete(instances)
        complete = complete and not completeness.incomplete(classes)
    return (values, complete) if found else (None, True)


def _arguments(name: Any) -> tuple[Any, Any] | None:
    trailer = name.get_next_sibling()
    if trailer is None or trailer.type != "trailer" or len(trailer.children) != 3:
        return None
    arglist = trailer.children[1]
    if arglist.type != "arglist" or len(arglist.children) < 3:
        return None
    return arglist.children[0], arglist.children[2]


def _code(node: Any) -> str:
    return str(node.get_code(include_prefix=False))


def _instances(classes: Any) -> Any:
    for value in classes._set:
        if getattr(value, "array_type", None) == "tuple":
            for lazy in value.py__iter__():
                yield lazy.infer().execute_with_values()
        elif value.is_class():
            yield value.execute_with_values()
        else:
            yield NO_VALUES
