"""The edges of one file: each of its sites, resolved."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.graph.facts import BINARY, NONE, Interface, Span, UseSite
from analysis.graph.resolution.calls import attribute
from analysis.graph.resolution.resolver import Resolver
from analysis.graph.resolution.world import UNKNOWN, Definition, Value

#: What Python calls where a class lacks the method.
_INSTEAD = {
    "__bool__": ("__len__",),
    "__str__": ("__repr__",),
    "__format__": ("__str__", "__repr__"),
    "__ne__": ("__eq__",),
    "__contains__": ("__iter__",),
    "__iter__": ("__getitem__",),
    "__reversed__": ("__iter__",),
    **{f"__i{name}__": (f"__{name}__",) for name in BINARY.values()},
}
#: Outside functions that call what they are given before they return (or while iterated over).
_CALLS_ARGUMENT = frozenset(
    {f"builtins.{name}" for name in ("map", "filter", "sorted", "min", "max", "next", "iter")}
    | {"re.sub", "re.subn", "functools.reduce", "functools.partial", "itertools.groupby"}
    | {"itertools.takewhile", "itertools.dropwhile", "itertools.starmap", "heapq.nsmallest"}
    | {"heapq.nlargest", "heapq.merge", "builtins.list.sort"}
)

#: A node: (file, qualified name within it); outside of the project (0, dotted name).
Target = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Edge:
    """``source`` (a qualified name within the file) uses, or inherits from, ``target``.

    ``virtual``: the receiver is an instance, so a subclass's method may be meant instead.
    """

    source: str
    target: Target
    kind: str
    span: Span
    virtual: bool = False


@dataclass(frozen=True, slots=True)
class Loose:
    """``source`` uses attribute ``name`` of something that is not known."""

    source: str
    name: str
    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class Resolved:
    """All of one file's edges, and the names of other files that they rest on."""

    edges: tuple[Edge, ...]
    loose: tuple[Loose, ...]
    needs: frozenset[str]


def resolve_file(resolver: Resolver, file: int, sites: list[UseSite]) -> Resolved:
    """Resolve every site of ``file``."""
    reader = _FactReader(resolver, file)
    for site in sites:
        resolver.memo.begin()
        reader.site(site)
    resolver.memo.begin()
    reader.fixtures()
    own = f"{file}:"
    needs = frozenset(need for need in resolver.memo.take_needs() if not need.startswith(own))
    return Resolved(tuple(dict.fromkeys(reader.edges)), tuple(reader.loose), needs)


def _calls_argument(value: Value) -> bool:
    if value[0] == "lm":
        return bool(value[3] == "sort")
    return value[0] == "x" and value[1] in _CALLS_ARGUMENT


class _FactReader:
    def __init__(self, resolver: Resolver, file: int) -> None:
        self.r = resolver
        self.file = file
        self.interface: Interface = resolver.world.interface(file)
        self.edges: list[Edge] = []
        self.loose: list[Loose] = []

    def site(self, site: UseSite) -> None:
        source = self.interface.definitions[site.owner].qualname
        if site.kind == "import":
            self._import(site, source)
            return
        if site.expression == NONE:
            return
        row = self.interface.expressions[site.expression]
        if site.kind == "implied":
            self._implied(site, source, row[1], row[2])
            return
        if site.kind == "passed":
            self._passed(site, source, row[1], row[2])
            return
        if site.kind == "called":
            for value in self.r.evaluate(
                self.file, site.scope, site.expression, site.at, site.block
            ):
                self._call_value(site, source, value, "call")
            return
        if row[0] == "n":
            definitions, _, home = self.r.name(self.file, site.scope, row[1], site.at, site.block)
            if site.kind == "write" and home != NONE:
                definitions = (("v", self.file, home, row[1]),)
            for definition in definitions:
                self._use(site, source, definition, None)
            return
        name = row[2]
        if row[1] == NONE:
            self._loosely(site, source, name)
            return
        receivers = self.r.evaluate(self.file, site.scope, row[1], site.at, site.block)
        loosely = UNKNOWN in receivers or not receivers
        for receiver in receivers:
            definitions = self.r.members(receiver, name)
            for definition in definitions:
                self._use(site, source, definition, receiver)
            # What a class of the project does not have is a subclass's, or another base's of one.
            loosely |= not definitions and receiver[0] in ("o", "c", "sup")
        if loosely:
            self._loosely(site, source, name)

    def fixtures(self) -> None:
        """Tests and fixtures call the fixtures that their parameters name."""
        for number, scope in enumerate(self.interface.scopes):
            for name in scope.parameters if scope.kind == "function" else ():
                fixture = self.r.fixture(self.file, number, name)
                target = self._target(fixture) if fixture is not None else None
                if target is not None:
                    user = self.interface.definitions[scope.definition]
                    self.edges.append(Edge(user.qualname, target, "call", user.name_span))

    def _loosely(self, site: UseSite, source: str, name: str) -> None:
        self.loose.append(Loose(source, name, site.kind, site.span))

    def _implied(self, site: UseSite, source: str, row: int, name: str) -> None:
        """A method that Python calls for an operator or statement, where the class is known."""
        for value in self.r.evaluate(self.file, site.scope, row, site.at, site.block):
            if value[0] == "o":
                for candidate in (name, *_INSTEAD.get(name, ())):
                    if self._method(site, source, value, candidate):
                        break

    def _passed(self, site: UseSite, source: str, callee: int, argument: int) -> None:
        """A function handed to one outside that calls what it is given, before it returns."""
        called = self.r.evaluate(self.file, site.scope, callee, site.at, site.block)
        if any(_calls_argument(value) for value in called):
            place = self.file, site.scope, argument, site.at, site.block
            for value in self.r.evaluate(*place):
                self._call_value(site, source, value, "call")

    def _import(self, site: UseSite, source: str) -> None:
        if not site.member:
            module = self.r.module(site.module, site.level, self.file)
            found: tuple[Definition, ...] = () if module is None else (module,)
        else:
            found = self.r.imported(site.module, site.level, site.member, self.file)
        for definition in found:
            target = self._target(definition)
            if target is not None:
                self.edges.append(Edge(source, target, "import", site.span))

    def _use(
        self, site: UseSite, source: str, definition: Definition, receiver: Value | None
    ) -> None:
        kind = site.kind
        virtual = receiver is not None and receiver[0] == "o"
        target = self._target(definition)
        if definition[0] == "v":
            if target is not None:
                used = "read" if kind == "call" else kind
                self.edges.append(Edge(source, target, used, site.span))
            if kind in ("call", "decorate", "raise", "base"):
                self._through(site, source, definition, kind)
            return
        if target is None:
            return
        self.edges.append(Edge(source, target, kind, site.span, virtual))
        if kind == "decorate":  # the one who calls it is the scope in which the definition stands
            scope = self.interface.scopes[site.scope]
            runs = self.interface.definitions[scope.definition].qualname
            self.edges.append(Edge(runs, target, "call", site.span, virtual))
        if definition[0] != "d":
            return
        scope = self.r.scope(definition[1], definition[2])
        if scope.kind == "class":
            if kind in ("call", "decorate", "raise"):
                self._construct(site, source, ("c", *definition[1:]))
        elif scope.role == "property" and kind in ("read", "write") and virtual:
            self.edges.append(Edge(source, target, "call", site.span, virtual))

    def _through(self, site: UseSite, source: str, definition: Definition, kind: str) -> None:
        """A variable that is called: the functions and classes that it may hold."""
        row = self.interface.expressions[site.expression]
        if row[0] == "n":
            values = self.r.evaluate(self.file, site.scope, site.expression, site.at, site.block)
        else:
            values = self.r.values(definition)
        for value in values:
            self._call_value(site, source, value, kind)

    def _call_value(self, site: UseSite, source: str, value: Value, kind: str) -> None:
        if value[0] in ("f", "b", "c"):
            target = self._target(("d", value[1], value[2]))
            if target is not None:
                self.edges.append(Edge(source, target, kind, site.span))
            if value[0] == "c" and kind != "base":
                self._construct(site, source, value)
        elif value[0] == "o" and kind == "call":
            self._method(site, source, value, "__call__")
        elif value[0] == "x":
            self.edges.append(Edge(source, (0, value[1]), kind, site.span))

    def _construct(self, site: UseSite, source: str, value: Value) -> None:
        """A class that is called runs its ``__new__`` and ``__init__``.

        A dataclass's generated ``__init__`` is no node; what it calls is called from here.
        """
        self._method(site, source, value, "__new__")
        if not self._method(site, source, value, "__init__"):
            self._method(site, source, value, "__post_init__")

    def _method(self, site: UseSite, source: str, value: Value, name: str) -> bool:
        """Method ``name`` of ``value`` is called; whether there is one in the project."""
        found = False
        for bound in attribute(self.r, value, name):
            if bound[0] in ("f", "b"):
                target = self._target(("d", bound[1], bound[2]))
                if target is not None:
                    found = True
                    self.edges.append(Edge(source, target, "call", site.span, value[0] == "o"))
        return found

    def _target(self, definition: Definition) -> Target | None:
        kind = definition[0]
        if kind == "m":
            return definition[1], ""
        if kind == "x":
            return 0, definition[1]
        if kind == "d":
            interface = self.r.world.interface(definition[1])
            scope = interface.scopes[definition[2]]
            if scope.kind in ("lambda", "comprehension"):
                return None
            return definition[1], interface.definitions[scope.definition].qualname
        if kind == "v":
            scope = self.r.scope(definition[1], definition[2])
            if scope.kind == "module":
                return definition[1], definition[3]
            if scope.kind == "class":
                outer = self.r.world.interface(definition[1]).definitions[scope.definition]
                return definition[1], f"{outer.qualname}.{definition[3]}"
        return None
