"""Changes to `jedi.plugins.stdlib`: functions of the standard library whose stubs say less than is
known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from jedi.inference.arguments import ValuesArguments
from jedi.inference.base_value import NO_VALUES, ValueSet, ValueWrapper
from jedi.inference.filters import AttributeOverwrite, publish_method
from jedi.inference.lazy_value import LazyKnownValue, LazyKnownValues
from jedi.inference.value.iterable import DictLiteralValue, FakeTuple
from jedi.plugins import stdlib

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.patches.iterables import is_given_items

# Wrappers of the standard library whose types say more than jedi reads out of their stubs.
#
# Decorators (``functools.lru_cache``, ``contextlib.contextmanager``) and iterators over what they
# are given (``zip``, ``filter``): semantics by their documentation.


_Callback = Callable[[], Any]


class _Same(ValueWrapper):  # type: ignore[misc]
    """A decorator whose result is called as the function is: ``lru_cache(maxsize=None)``."""

    def py__call__(self, arguments: Any) -> Any:
        return _first(arguments)


def _first(arguments: Any) -> Any:
    found = next(iter(arguments.unpack()), None)
    return found[1].infer() if found is not None and found[0] is None else NO_VALUES


def _cached(value: Any, arguments: Any, callback: _Callback) -> Any:
    if any(found.is_function() for found in _first(arguments)._set):
        return callback()
    return ValueSet([_Same(value)])


class _Dispatching(ValueWrapper):  # type: ignore[misc]
    """A function under ``singledispatch``: what is registered later may return anything."""

    def py__call__(self, arguments: Any) -> Any:
        return completeness.flagged(self._wrapped_value.py__call__(arguments))


def _dispatched(value: Any, arguments: Any, callback: _Callback) -> Any:
    del value, arguments
    return ValueSet(_Dispatching(found) for found in callback()._set)


class _Managing(ValueWrapper):  # type: ignore[misc]
    """A generator function under ``contextmanager``: calling it makes a manager."""

    def __init__(self, function: Any, managers: Any) -> None:
        super().__init__(function)
        self._managers = managers

    def py__call__(self, arguments: Any) -> Any:
        made = self._wrapped_value.py__call__(arguments)
        return ValueSet(_Manager(m, made) for m in self._managers.execute_with_values()._set)

    def py__get__(self, instance: Any, class_value: Any) -> Any:
        bound = self._wrapped_value.py__get__(instance, class_value)
        return ValueSet(_Managing(function, self._managers) for function in bound._set)


class _Manager(AttributeOverwrite):  # type: ignore[misc]
    """A manager that gives what its generator yields."""

    def __init__(self, manager: Any, made: Any) -> None:
        super().__init__(manager)
        self._made = made

    @publish_method("__enter__")  # type: ignore[untyped-decorator]
    def _enter(self, arguments: Any) -> Any:
        del arguments
        return self._made.merge_types_of_iterate()

    @publish_method("__aenter__")  # type: ignore[untyped-decorator]
    def _enter_later(self, arguments: Any) -> Any:
        del arguments
        first = partial(self._made.merge_types_of_iterate, is_async=True)
        return ValueSet([_Awaited(self._wrapped_value, first)])


class _Awaited(ValueWrapper):  # type: ignore[misc]
    """Something to await of which it is known what that gives."""

    def __init__(self, value: Any, result: Callable[[], Any]) -> None:
        super().__init__(value)
        self._result = result

    def py__await__(self) -> Any:
        return ValueSet([self])

    def py__stop_iteration_returns(self) -> Any:
        return self._result()


def _managed(value: Any, arguments: Any, callback: _Callback) -> Any:
    del callback
    later = value.py__name__() == "asynccontextmanager"
    name = "_AsyncGeneratorContextManager" if later else "_GeneratorContextManager"
    managers = value.parent_context.py__getattribute__(name)
    functions = _first(arguments)
    if not managers or not functions or not all(f.is_function() for f in functions._set):
        return NO_VALUES
    return ValueSet(_Managing(function, managers) for function in functions._set)


class _Listed(FakeTuple):  # type: ignore[misc]
    """A list whose elements are known one by one."""

    array_type = "list"


def _gather(value: Any, arguments: Any, callback: _Callback) -> Any:
    """``asyncio.gather``: a list of what each of its arguments gives when it is awaited."""
    futures = list(callback()._set)[:1]
    given = _plain(arguments)
    if not futures or not given or any(key is not None for key, _ in arguments.unpack()):
        return callback()
    results = [one.py__await__().py__stop_iteration_returns() for one in given]
    listed = _Listed(value.inference_state, [LazyKnownValues(one) for one in results])
    return ValueSet([_Awaited(futures[0], lambda: ValueSet([listed]))])


class _Iterating(AttributeOverwrite):  # type: ignore[misc]
    """An iterator over known elements."""

    def __init__(self, iterator: Any, elements: Any) -> None:
        super().__init__(iterator)
        self._elements = elements

    def py__iter__(self, contextualized_node: Any = None) -> Iterator[Any]:
        del contextualized_node
        yield self._elements

    @publish_method("__next__")  # type: ignore[untyped-decorator]
    def _next(self, arguments: Any) -> Any:
        del arguments
        return self._elements.infer()


def _iterator(value: Any, elements: Any) -> Any:
    return ValueSet(
        _Iterating(made, elements)
        for made in value.inference_state.typing_module.py__getattribute__("Iterator")
        .execute_with_values()
        ._set
    )


def _plain(arguments: Any) -> list[Any] | None:
    """The values of all arguments without a name; ``None`` where some are unpacked."""
    node = arguments.argument_node
    listed = [] if node is None else node.children if node.type == "arglist" else [node]
    if any(
        part.type == "argument" and part.children[0].value[:1] == "*"
        for part in listed
        if part.type == "argument" and hasattr(part.children[0], "value")
    ):
        return None
    return [lazy.infer() for key, lazy in arguments.unpack() if key is None]


def _grouped(value: Any, arguments: Any, callback: _Callback) -> Any:
    """``itertools.groupby``: pairs of a key and an iterator over some of the elements."""
    given = _plain(arguments)
    if not given or len(given) > 2:
        return callback()
    named = [lazy.infer() for key, lazy in arguments.unpack() if key == "key"]
    elements = given[0].merge_types_of_iterate()
    functions = [*given[1:], *named]
    keys = functions[0].execute(ValuesArguments([elements])) if functions else elements
    group = _iterator(value, LazyKnownValues(elements))
    pair = FakeTuple(value.inference_state, [LazyKnownValues(keys), LazyKnownValues(group)])
    return _iterator(value, LazyKnownValue(pair))


def _zip(value: Any, arguments: Any, callback: _Callback) -> Any:
    columns = _plain(arguments)
    if not columns:
        return callback()
    merged = [LazyKnownValues(column.merge_types_of_iterate()) for column in columns]
    return _iterator(value, LazyKnownValue(FakeTuple(value.inference_state, merged)))


def _filter(value: Any, arguments: Any, callback: _Callback) -> Any:
    given = _plain(arguments)
    if given is None or len(given) != 2:
        return callback()
    return _iterator(value, LazyKnownValues(given[1].merge_types_of_iterate()))


# ``defaultdict(list)``: what it holds is what the factory makes (``collections``).
#
# jedi does not read a class as the ``Callable`` that the stub asks for.


def _made_default(value: Any, arguments: Any, callback: Callable[[], Any]) -> Any:
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


# Dictionaries that hold more sorts of values than the first argument they are made of shows.
#
# Of ``dict(first, **more)`` jedi reads the values of ``first`` alone, and so it does where items
# are given to the dictionary later. What ``setdefault`` gives back of a display may also be the
# default.


#: ``**more`` and ``name=value`` among arguments; elsewhere in them they only cost an answer.
_KEYWORD = re.compile(r"\*\*|(?<![=!<>:])=(?!=)")
_builtins: dict[str, Any] = stdlib._implemented["builtins"]


def _made_dict(value: Any, arguments: Any, callback: Callable[[], Any]) -> Any:
    node = arguments.argument_node
    if node is None or not (_KEYWORD.search(node.get_code()) or is_given_items(node)):
        return callback()
    return ValueSet([value.with_generics((NO_VALUES, NO_VALUES))]).execute_annotation(None)


def _had_or_given(self: Any, arguments: Any) -> Any:
    given = [lazy for key, lazy in arguments.unpack() if key is None]
    if len(given) != 2:
        return completeness.flagged(self._dict_values())
    return ValueSet.from_sets([self._dict_values(), given[1].infer()])


# ``super()`` looks from class to class in the order of ``self``, behind the class around.
#
# jedi goes through the bases one by one, each with all that it inherits: ``object``, which every
# base inherits from, would hide what the second base defines. ``super(X, self)`` of another class
# than the one around begins behind that one, which is not known here.


_super = _builtins["super"]


def _of_its_own(value: Any, arguments: Any, callback: Callable[[], Any]) -> Any:
    given = next((lazy for key, lazy in arguments.unpack() if key is None), None)
    if given is not None:
        method = getattr(arguments.context, "tree_node", None)
        around = method.search_ancestor("classdef") if method is not None else None
        named = [getattr(each, "tree_node", None) for each in given.infer()._set]
        if around is None or any(node is not around for node in named):
            return NO_VALUES
    found = [
        Behind(each, arguments.context) if type(each) is stdlib.SuperInstance else each
        for each in _super(value, arguments=arguments, callback=callback)._set
    ]
    whole = all(each.is_whole() for each in found if isinstance(each, Behind))
    return ValueSet(found) if whole else completeness.flagged(ValueSet(found))


class Behind(stdlib.SuperInstance):  # type: ignore[misc]
    """What ``super()`` returns in the method that ``context`` runs."""

    def __init__(self, plain: Any, context: Any) -> None:
        super().__init__(plain.inference_state, plain._instance)
        method = getattr(context, "tree_node", None)
        self._around = method.search_ancestor("classdef") if method is not None else None

    def classes(self) -> tuple[list[Any], list[Any]]:
        """The classes of ``self`` up to the one around, and those that are looked at; no class at
        all where the class around is none of them."""
        order = list(self._instance.py__class__().py__mro__())
        for number, cls in enumerate(order, start=1):
            if self._around is not None and getattr(cls, "tree_node", None) is self._around:
                return order[:number], order[number:]
        return [], []

    def is_whole(self) -> bool:
        """Whether every base of a class of ``self`` is known."""
        infer = completeness.isolated(lambda lazy: lazy.infer())
        return not any(
            completeness.incomplete(infer(lazy))
            for classes in self.classes()
            for cls in classes
            for lazy in cls.py__bases__()
        )

    def get_filters(self, origin_scope: Any = None) -> Iterator[Any]:
        """Those of ``self`` but for the classes that are not looked at."""
        hidden = [getattr(cls, "tree_node", None) for cls in self.classes()[0]]
        if not hidden:
            yield from super().get_filters(origin_scope)
            return
        for found in self._instance.get_filters(origin_scope):
            inner = getattr(found, "_class_filter", found)
            if getattr(inner, "_parser_scope", None) not in hidden:
                yield found


def install() -> None:
    """Change jedi in this process; to be called once."""
    functions: dict[str, dict[str, Any]] = stdlib._implemented
    functions["functools"]["lru_cache"] = _cached
    functions["functools"]["singledispatch"] = _dispatched
    functions.setdefault("contextlib", {})["contextmanager"] = _managed
    functions["contextlib"]["asynccontextmanager"] = _managed
    functions["builtins"]["zip"] = _zip
    functions["builtins"]["filter"] = _filter
    functions.setdefault("itertools", {})["groupby"] = _grouped
    functions.setdefault("asyncio.tasks", {})["gather"] = _gather
    stdlib._implemented["collections"]["defaultdict"] = _made_default
    _builtins["dict"] = _made_dict
    DictLiteralValue.overwritten_methods["setdefault"] = _had_or_given
    _builtins["super"] = _of_its_own
