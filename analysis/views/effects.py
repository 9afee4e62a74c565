"""What one node of the control flow does to variables, evaluated step by step without values.

A state says of each variable which definitions of this node it may hold and whether what it held
before the node may still be there. Expressions are walked in the order of evaluation (language
reference, §6.16); branches inside them (``and``, ``or``, ``if``, chained comparisons,
comprehensions) are walked apart and joined, loops twice: sets of definitions are at rest then.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from analysis.views.data_flow import DefinitionKind, UseKind
from analysis.views.flow import EdgeKind, Node, NodeKind, Span
from analysis.views.places import Places
from analysis.views.scopes import FunctionNode, Scope
from analysis.views.variables import Variable, Variables, type_parameters

#: Definitions made in this node (by their numbers in ``Evaluator.definitions``), and whether what
#: was there before may still be.
Held = tuple[frozenset[int], bool]
_BEFORE: Held = (frozenset(), True)
_NOTHING: Held = (frozenset(), False)
State = dict[Variable, Held]


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition as the evaluator meets it."""

    variable: Variable
    kind: DefinitionKind
    node: int
    span: Span | None
    deferred: bool


@dataclass(slots=True)
class Used:
    """A use with what reaches it from inside its node and, if ``before``, from before it.

    ``early`` uses stand before the loop whose header they are in: the iterable of a ``for``.
    """

    variable: Variable
    kind: UseKind
    node: int
    span: Span
    deferred: bool
    early: bool
    inside: frozenset[int] = frozenset()
    before: bool = False


@dataclass(slots=True)
class Effects:
    """The states behind a node: ``normally``, by the kind of the edge where that matters, and
    ``thrown`` where an exception leaves it. ``early`` is what happens before a loop."""

    normally: State = field(default_factory=dict)
    by_kind: dict[EdgeKind, State] = field(default_factory=dict)
    thrown: State = field(default_factory=dict)
    early: State = field(default_factory=dict)


@dataclass(frozen=True)
class _Frame:
    """A lambda or comprehension that is being walked."""

    owner: int
    names: frozenset[str]
    deferred: bool
    hides_class: bool


class Evaluator:
    """Walks the nodes of one scope. ``owners`` gives out numbers for lambdas and comprehensions."""

    def __init__(
        self, scope: int, variables: Variables, places: Places, owners: Iterator[int], lazy: bool
    ) -> None:
        self._scope = scope
        self._variables = variables
        self._places = places
        self._owners = owners
        self._lazy_annotations = lazy
        self._frame_owner: dict[ast.AST, int] = {}
        self._frames: list[_Frame] = []
        self._state: State = {}
        self._thrown: State | None = None
        self._node = 0
        self._early = False
        self._defined: dict[tuple[object, Variable], int] = {}
        self._used: dict[tuple[object, Variable, UseKind], Used] = {}
        self.definitions: list[Defined] = []

    @property
    def uses(self) -> list[Used]:
        """Every use met so far."""
        return list(self._used.values())

    # -- nodes

    def entry(self, scope: Scope, node: int) -> Effects:
        """What is there when a scope is entered: parameters."""
        self._begin(node)
        for name in self._variables.bound[self._scope]:
            self._define(name, ("unbound", name), None, DefinitionKind.UNBOUND)
        if isinstance(scope, FunctionNode):
            for argument in _arguments(scope.args):
                begin = self._places.span(argument)
                end = begin.character + len(argument.arg)
                span = Span(begin.line, begin.character, begin.line, end)
                self._define(argument.arg, argument, span, DefinitionKind.PARAMETER)
        for name in type_parameters(scope):
            self._define(name, ("type", name), None, DefinitionKind.PARAMETER)
        return Effects(self._state)

    def node(self, node: Node, syntax: ast.AST) -> Effects:
        """What a node with its syntax does."""
        self._begin(node.id)
        match node.kind, syntax:
            case NodeKind.TRY | NodeKind.WITH_EXIT, _:
                return Effects()
            case NodeKind.LOOP, ast.For() | ast.AsyncFor():
                return self._loop(syntax)
            case NodeKind.TEST, ast.If() | ast.While():
                true, false = self._condition(syntax.test)
                kinds = {EdgeKind.TRUE: true, EdgeKind.FALSE: false}
                return Effects(_join(true, false), kinds, self._thrown or {})
            case NodeKind.TEST, ast.Assert():
                true, self._state = self._condition(syntax.test)
                if syntax.msg:
                    self._expression(syntax.msg)
                self._may_raise()
                return Effects(true, {}, self._thrown or {})
            case NodeKind.TEST, ast.match_case():
                return self._case(syntax)
            case NodeKind.HANDLER, ast.ExceptHandler():
                return self._handler(syntax)
            case NodeKind.WITH, ast.withitem():
                self._expression(syntax.context_expr)
                self._may_raise()
                if syntax.optional_vars:
                    self._target(syntax.optional_vars, DefinitionKind.WITH)
            case _, ast.Match():
                self._expression(syntax.subject)
            case _, ast.stmt():
                self._statement(syntax)
        return Effects(self._state, {}, self._thrown or {})

    def unbinding(self, name: str, node: int) -> tuple[Variable, int]:
        """The variable that the handler at ``node`` named, and the definition that unbinds it."""
        self._begin(node)
        key = ("handler", node)
        self._define(name, key, None, DefinitionKind.UNBOUND)
        variable = self._variables.resolve(self._scope, name)
        return variable, self._defined[key, variable]

    def _begin(self, node: int) -> None:
        self._node, self._state, self._thrown, self._early = node, {}, None, False

    def _loop(self, loop: ast.For | ast.AsyncFor) -> Effects:
        self._early = True
        self._expression(loop.iter)
        self._may_raise()
        early, self._early, self._state = self._state, False, {}
        self._may_raise()
        exhausted = dict(self._state)
        self._target(loop.target, DefinitionKind.LOOP)
        kinds = {EdgeKind.ITERATE: self._state}
        return Effects(exhausted, kinds, self._thrown or {}, early)

    def _handler(self, handler: ast.ExceptHandler) -> Effects:
        if handler.type:
            self._expression(handler.type)
        self._may_raise()
        asked = dict(self._state)
        if handler.name:
            span = self._places.name(handler.name, handler, handler.type)
            self._define(handler.name, handler, span, DefinitionKind.EXCEPT)
        return Effects(asked, {EdgeKind.MATCH: self._state}, self._thrown or {})

    def _case(self, case: ast.match_case) -> Effects:
        for part in _pattern_values(case.pattern):
            self._expression(part)
        self._may_raise()
        missed: State | None = dict(self._state)
        if _always_matches(case.pattern):
            missed = None
        self._capture(case.pattern)
        matched = self._state
        if case.guard:
            matched, refused = self._condition(case.guard)
            missed = refused if missed is None else _join(missed, refused)
        kinds = {EdgeKind.MATCH: matched, EdgeKind.NO_MATCH: missed or {}}
        return Effects(_join(matched, missed or {}), kinds, self._thrown or {})

    def _capture(self, pattern: ast.pattern) -> None:
        match pattern:
            case ast.MatchOr(patterns=patterns):
                self._branches([lambda p=p: self._capture(p) for p in patterns])  # type: ignore[misc]
                return
            case ast.MatchAs(pattern=inner, name=name):
                if inner:
                    self._capture(inner)
                if name:
                    span = self._places.name(name, pattern, inner)
                    self._define(name, pattern, span, DefinitionKind.CAPTURE)
            case ast.MatchStar(name=str(name)):
                span = self._places.name(name, pattern)
                self._define(name, pattern, span, DefinitionKind.CAPTURE)
            case ast.MatchMapping(patterns=patterns, rest=rest):
                for each in patterns:
                    self._capture(each)
                if rest:
                    after = patterns[-1] if patterns else None
                    span = self._places.name(rest, pattern, after)
                    self._define(rest, pattern, span, DefinitionKind.CAPTURE)
            case ast.MatchSequence(patterns=patterns):
                for each in patterns:
                    self._capture(each)
            case ast.MatchClass(patterns=patterns, kwd_patterns=named):
                for each in [*patterns, *named]:
                    self._capture(each)

    # -- statements

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                self._expression(value)
                for target in targets:
                    self._target(target, DefinitionKind.ASSIGNMENT)
            case ast.AugAssign():
                self._augmented(statement)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                if value:
                    self._expression(value)
                    self._target(target, DefinitionKind.ASSIGNMENT)
                elif not isinstance(target, ast.Name):
                    self._children(target)
                if not self._lazy_annotations and self._annotates:
                    self._expression(annotation)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._delete(target)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(statement)
            case ast.ClassDef():
                self._class(statement)
            case ast.Import() | ast.ImportFrom():
                self._import(statement)
            case ast.Raise(exc=exc, cause=cause):
                for part in (exc, cause):
                    if part:
                        self._expression(part)
                self._may_raise()
            case _:
                self._children(statement)

    @property
    def _annotates(self) -> bool:
        """Whether annotations of variables are evaluated here: not in functions."""
        return not self._variables.is_function(self._scope)

    def _augmented(self, statement: ast.AugAssign) -> None:
        target = statement.target
        if isinstance(target, ast.Name):
            self._use(target.id, target, self._places.span(target), UseKind.AUGMENTED)
            self._expression(statement.value)
            self._may_raise()
            span = self._places.span(target)
            self._define(target.id, target, span, DefinitionKind.AUGMENTED)
            return
        self._children(target)
        if isinstance(target, ast.Attribute):
            self._read_path(target)
        self._may_raise()
        self._expression(statement.value)
        self._may_raise()
        self._change(target)

    def _delete(self, target: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                self._use(name, target, self._places.span(target), UseKind.DELETE)
                self._may_raise()
                self._define(name, ("del", target), None, DefinitionKind.UNBOUND)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for each in targets:
                    self._delete(each)
            case _:
                self._children(target)
                self._may_raise()
                self._change(target)

    def _function(self, function: FunctionNode) -> None:
        arguments = function.args
        for decorator in function.decorator_list:
            self._expression(decorator)
        for default in [*arguments.defaults, *(d for d in arguments.kw_defaults if d)]:
            self._expression(default)
        if not self._lazy_annotations:
            with self._inside(function, type_parameters(function), deferred=False):
                for argument in _arguments(arguments):
                    if argument.annotation:
                        self._expression(argument.annotation)
                if function.returns:
                    self._expression(function.returns)
        if function.decorator_list:
            self._may_raise()
        span = self._places.name(function.name, function)
        self._define(function.name, function, span, DefinitionKind.FUNCTION)

    def _class(self, node: ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self._expression(decorator)
        with self._inside(node, type_parameters(node), deferred=False):
            for base in node.bases:
                self._expression(base)
            for keyword in node.keywords:
                self._expression(keyword.value)
        self._may_raise()
        span = self._places.name(node.name, node)
        self._define(node.name, node, span, DefinitionKind.CLASS)

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        for alias in statement.names:
            self._may_raise()
            if alias.asname:
                name = alias.asname
                whole = self._places.span(alias)
                start = whole.end_character - len(name)
                span = Span(whole.end_line, start, whole.end_line, whole.end_character)
            else:
                name = alias.name.partition(".")[0]
                begin = self._places.span(alias)
                end = begin.character + len(name)
                span = Span(begin.line, begin.character, begin.line, end)
            self._define(name, alias, span, DefinitionKind.IMPORT)

    # -- expressions

    def _expression(self, node: ast.expr) -> None:
        match node:
            case ast.Name(id=name):
                self._use(name, node, self._places.span(node), UseKind.READ)
                self._may_raise()
            case ast.Constant():
                pass
            case ast.NamedExpr(target=target, value=value):
                self._expression(value)
                self._walrus(target)
            case ast.BoolOp() | ast.Compare():
                self._condition(node, whole=True)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                true, false = self._condition(test)
                self._state = true
                self._expression(body)
                behind, self._state = self._state, false
                self._expression(orelse)
                self._state = _join(behind, self._state)
            case ast.Lambda(args=arguments, body=body):
                for default in [*arguments.defaults, *(d for d in arguments.kw_defaults if d)]:
                    self._expression(default)
                every = _arguments(arguments)
                walruses = _walruses(body)
                with self._inside(node, [*(a.arg for a in every), *walruses], deferred=True):
                    for argument in every:
                        span = self._places.span(argument)
                        self._define(argument.arg, argument, span, DefinitionKind.PARAMETER)
                    self._expression(body)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node)
            case ast.BinOp():
                # A long sum is a deep tree on its left: walked here, however long it is.
                spine = []
                left: ast.expr = node
                while isinstance(left, ast.BinOp):
                    spine.append(left.right)
                    left = left.left
                for part in [left, *reversed(spine)]:
                    self._expression(part)
                self._may_raise()
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if key:
                        self._expression(key)
                    self._expression(value)
                self._may_raise()
            case ast.Attribute():
                self._children(node)
                self._read_path(node)
                self._may_raise()
            case _:
                self._children(node)
                self._may_raise()

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._expression(child)
            else:
                self._children(child)

    def _condition(self, node: ast.expr, *, whole: bool = False) -> tuple[State, State]:
        """The states in which ``node`` is true and false. ``whole``: as a value, so the state
        afterwards is both."""
        match node:
            case ast.BoolOp(op=op, values=values):
                early: list[State] = []
                for value in values[:-1]:
                    true, false = self._condition(value)
                    on, out = (true, false) if isinstance(op, ast.And) else (false, true)
                    early.append(out)
                    self._state = dict(on)
                true, false = self._condition(values[-1])
                if isinstance(op, ast.And):
                    false = _joined([*early, false])
                else:
                    true = _joined([*early, true])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                false, true = self._condition(operand)
            case ast.Compare(left=left, comparators=comparators):
                self._expression(left)
                short: list[State] = []
                for comparator in comparators:
                    self._expression(comparator)
                    self._may_raise()
                    short.append(dict(self._state))
                true, false = short[-1], _joined(short)
            case _:
                self._expression(node)
                true = false = self._state
        if whole:
            self._state = _join(true, false)
        return dict(true), dict(false)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        self._expression(node.generators[0].iter)
        self._may_raise()
        names = [
            each.id
            for generator in node.generators
            for each in ast.walk(generator.target)
            if isinstance(each, ast.Name)
        ]
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]

        def innermost() -> None:
            for part in parts:
                self._expression(part)

        def generate(index: int) -> None:
            generator = node.generators[index]
            if index:
                self._expression(generator.iter)

            def once() -> None:
                self._target(generator.target, DefinitionKind.COMPREHENSION)
                skipped: list[State] = []
                for test in generator.ifs:
                    self._state, false = self._condition(test)
                    skipped.append(false)
                if index + 1 < len(node.generators):
                    generate(index + 1)
                else:
                    innermost()
                self._state = _joined([self._state, *skipped])

            for _ in range(2):
                self._branches([once, lambda: None])

        deferred = isinstance(node, ast.GeneratorExp)
        with self._inside(node, names, deferred=deferred):
            generate(0)
        self._may_raise()

    # -- targets

    def _target(self, target: ast.expr, kind: DefinitionKind) -> None:
        match target:
            case ast.Name(id=name):
                self._define(name, target, self._places.span(target), kind)
            case ast.Starred(value=inner):
                self._target(inner, kind)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self._may_raise()
                for each in targets:
                    self._target(each, kind)
            case _:
                self._children(target)
                self._may_raise()
                self._change(target)

    def _walrus(self, target: ast.Name) -> None:
        """A walrus in a comprehension binds in the scope around it (PEP 572)."""
        name, span = target.id, self._places.span(target)
        deferred, owner = False, None
        for frame in reversed(self._frames):
            if name in frame.names:
                owner = Variable(frame.owner, name)
                break
            deferred |= frame.deferred
        variable = owner or self._variables.resolve(self._scope, name)
        self._note(variable, target, span, DefinitionKind.WALRUS, deferred=deferred)

    def _change(self, target: ast.expr) -> None:
        """``target`` is an attribute or an item that was just written or deleted."""
        match target:
            case ast.Attribute():
                if path := _path(target):
                    root, deferred = self._lookup(path[0])
                    variable = Variable(root.owner, ".".join(path))
                    span = self._places.span(target)
                    self._note(variable, target, span, DefinitionKind.ATTRIBUTE, deferred=deferred)
            case ast.Subscript():
                holder = target.value
                while isinstance(holder, ast.Subscript):
                    holder = holder.value
                if path := _path(holder):
                    root, deferred = self._lookup(path[0])
                    variable = Variable(root.owner, ".".join(path))
                    span = self._places.span(holder)
                    self._note(variable, target, span, DefinitionKind.UPDATE, deferred=deferred)

    def _read_path(self, node: ast.Attribute) -> None:
        path = _path(node)
        if path and isinstance(node.ctx, ast.Load | ast.Store | ast.Del):
            root, deferred = self._lookup(path[0])
            variable = Variable(root.owner, ".".join(path))
            self._seen(variable, node, self._places.span(node), UseKind.ATTRIBUTE, deferred)

    # -- variables

    def _lookup(self, name: str) -> tuple[Variable, bool]:
        """What a name means here, and whether it is asked for later than it stands."""
        deferred = False
        for frame in reversed(self._frames):
            if name in frame.names:
                return Variable(frame.owner, name), deferred
            deferred |= frame.deferred
        inside = any(frame.hides_class for frame in self._frames)
        return self._variables.resolve(self._scope, name, inside=inside), deferred

    def _use(self, name: str, key: object, span: Span, kind: UseKind) -> None:
        variable, deferred = self._lookup(name)
        self._seen(variable, key, span, kind, deferred)

    def _seen(
        self, variable: Variable, key: object, span: Span, kind: UseKind, deferred: bool
    ) -> None:
        place = (key, variable, kind)
        used = self._used.get(place)
        if used is None:
            used = Used(variable, kind, self._node, span, deferred, self._early)
            self._used[place] = used
        inside, before = held(self._state, variable)
        used.inside |= inside
        used.before |= before

    def _define(self, name: str, key: object, span: Span | None, kind: DefinitionKind) -> None:
        variable, deferred = self._lookup(name)
        self._note(variable, key, span, kind, deferred=deferred)

    def _note(
        self,
        variable: Variable,
        key: object,
        span: Span | None,
        kind: DefinitionKind,
        *,
        deferred: bool,
    ) -> None:
        number = self._defined.setdefault((key, variable), len(self.definitions))
        if number == len(self.definitions):
            self.definitions.append(Defined(variable, kind, self._node, span, deferred))
        if deferred:
            return
        if kind is DefinitionKind.UPDATE:
            inside, before = held(self._state, variable)
            self._state[variable] = (inside | {number}, before)
            return
        for path in [v for v in self._state if _is_under(v, variable)]:
            self._state[path] = _NOTHING
        self._state[variable] = (frozenset({number}), False)

    # -- ways through

    def _may_raise(self) -> None:
        """An exception may leave the node here."""
        self._thrown = (
            dict(self._state) if self._thrown is None else _join(self._thrown, self._state)
        )

    def _branches(self, ways: Sequence[Callable[[], None]]) -> None:
        """Each way from the state as it is; afterwards one of them was taken."""
        start = self._state
        behind = []
        for way in ways:
            self._state = dict(start)
            way()
            behind.append(self._state)
        self._state = _joined(behind)

    @contextmanager
    def _inside(self, node: ast.AST, names: Iterable[str], *, deferred: bool) -> Iterator[None]:
        """Walk what is inside a lambda or comprehension, or under type parameters."""
        names = frozenset(names)
        if isinstance(node, ast.ClassDef | FunctionNode) and not names:
            yield
            return
        owner = self._frame_owner.get(node)
        if owner is None:
            owner = self._frame_owner[node] = next(self._owners)
        saved = dict(self._state), self._thrown
        hides = not isinstance(node, ast.ClassDef | FunctionNode)
        self._frames.append(_Frame(owner, names, deferred, hides))
        yield
        self._frames.pop()
        if deferred:
            self._state, self._thrown = saved


def held(state: State, variable: Variable) -> Held:
    """What a variable may hold; ``x.y`` holds nothing of before where ``x`` is another."""
    found = state.get(variable)
    if found is None and "." in variable.name:
        parent = Variable(variable.owner, variable.name.rpartition(".")[0])
        return _BEFORE if held(state, parent)[1] else _NOTHING
    return found or _BEFORE


def _is_under(variable: Variable, root: Variable) -> bool:
    return variable.owner == root.owner and variable.name.startswith(f"{root.name}.")


def _join(one: State, other: State) -> State:
    joined: State = {}
    for variable in one.keys() | other.keys():
        (a, before), (b, before_too) = held(one, variable), held(other, variable)
        joined[variable] = (a | b, before or before_too)
    return joined


def _joined(states: Sequence[State]) -> State:
    result = states[0]
    for state in states[1:]:
        result = _join(result, state)
    return dict(result)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return every + [each for each in (arguments.vararg, arguments.kwarg) if each]


def _path(node: ast.expr) -> tuple[str, ...]:
    """``a.b.c`` as its parts; ``()`` where it does not begin with a name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


def _walruses(body: ast.expr) -> list[str]:
    """The names that a lambda binds itself; inner lambdas have their own."""
    names, stack = [], [body]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.NamedExpr):
            names.append(node.target.id)
        if not isinstance(node, ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))  # type: ignore[arg-type]
    return names


def _pattern_values(pattern: ast.pattern) -> Iterator[ast.expr]:
    """The expressions of a pattern in order: values, keys and classes."""
    match pattern:
        case ast.MatchValue(value=value):
            yield value
        case ast.MatchClass(cls=cls, patterns=patterns, kwd_patterns=named):
            yield cls
            for each in [*patterns, *named]:
                yield from _pattern_values(each)
        case ast.MatchMapping(keys=keys, patterns=patterns):
            yield from keys
            for each in patterns:
                yield from _pattern_values(each)
        case ast.MatchSequence(patterns=patterns) | ast.MatchOr(patterns=patterns):
            for each in patterns:
                yield from _pattern_values(each)
        case ast.MatchAs(pattern=ast.pattern() as inner):
            yield from _pattern_values(inner)


def _always_matches(pattern: ast.pattern) -> bool:
    match pattern:
        case ast.MatchAs(pattern=None):
            return True
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return _always_matches(inner)
        case ast.MatchOr(patterns=[*_, last]):
            return _always_matches(last)
    return False
