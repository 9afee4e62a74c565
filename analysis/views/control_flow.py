"""The control-flow graphs of a file: one for the module, each class body and each function.

The construction is the classical one (Aho, Lam, Sethi, Ullman, *Compilers*, 2nd ed., §8.4) with
Python's own ways out of a block: a jump is handed outward through the enclosing ``with`` and
``finally`` blocks, each of which takes it in, runs, and hands it on. A ``finally`` body has one
copy, with an edge to every place that somebody who entered it wanted to go. A ``with`` of several
items is several, one in another (reference manual, §8.5).

Implicit exceptions (any call may raise) are edges only where something in this code object takes
notice: inside ``try`` and ``with``. Explicit ``raise`` and ``assert`` always have theirs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from analysis.views.flow import EXIT, RAISE, EdgeKind, FlowEdge, FlowGraph, Node, NodeKind, Span
from analysis.views.places import (
    FunctionNode,
    Places,
    Scope,
    arguments,
    defaults,
    directly_inside,
    inner_name,
)

# -- the nodes and edges of a graph that is being built


#: Nodes whose successor is not known yet, with the kind of the edge that will leave them.
Frontier = list[tuple[int, EdgeKind]]


class Sketch:
    """A graph that grows; ``syntax`` is what each node evaluates."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.syntax: list[ast.AST | None] = [None, None, None]
        self.nodes: list[Node] = [
            Node(0, NodeKind.ENTRY, "entry"),
            Node(EXIT, NodeKind.EXIT, "exit"),
            Node(RAISE, NodeKind.RAISE, "raise"),
        ]
        self._edges: dict[FlowEdge, None] = {}

    def graph(self, name: str, first: int) -> FlowGraph:
        """What has been drawn; ``first`` is the line that it begins at."""
        return FlowGraph(name, tuple(self.nodes), tuple(self._edges), first)

    def add(
        self,
        kind: NodeKind,
        start: ast.AST,
        frontier: Frontier,
        *,
        end: ast.AST | None = None,
        syntax: ast.AST | None = None,
        silent: bool = False,
    ) -> int:
        """A node that spans ``start`` to ``end``, entered from ``frontier``.

        ``syntax`` is what it evaluates, where that is not ``start``.
        """
        span = self._places.span(start, end)
        node = Node(len(self.nodes), kind, self._places.label(span), span, silent)
        self.nodes.append(node)
        self.syntax.append(syntax or start)
        self.connect(frontier, node.id)
        return node.id

    def connect(self, frontier: Frontier, target: int) -> None:
        """Edges from a frontier to ``target``."""
        for source, kind in frontier:
            self._edges[FlowEdge(source, target, kind)] = None

    def respan(self, node: int, span: Span, label: str | None = None) -> None:
        """Let a node stand at another place; its label is the text there unless one is given."""
        text = self._places.label(span) if label is None else label
        self.nodes[node] = replace(self.nodes[node], label=text, span=span)

    def shorten(self, node: int, word: str) -> None:
        """Let a node span the keyword that it begins with, and nothing else."""
        span = self.nodes[node].span
        assert span is not None
        short = Span(span.line, span.character, span.line, span.character + len(word))
        self.respan(node, short, word)

    def lengthen(self, node: int, last: Span) -> None:
        """Let a node span everything to the end of ``last``."""
        span = self.nodes[node].span
        assert span is not None
        long = Span(span.line, span.character, last.end_line, last.end_character)
        self.respan(node, long)


# -- ways out of a block: how jumps and exceptions go outward through what encloses them
#
# A jump is handed outward through the enclosing ``with`` and ``finally`` blocks, each of which
# takes it in, runs, and hands it on.


#: A way out of a block: how to go on from a frontier in the enclosing context.
Onward = Callable[[Frontier], None]


@dataclass
class EnclosingLoop:
    """An enclosing loop, and what left it by ``break``."""

    header: int
    breaks: Frontier = field(default_factory=list)


@dataclass
class Guard:
    """An enclosing ``try`` or ``with`` that takes notice of what passes through it.

    ``exceptions`` come from inside and go to its handlers or its exit. ``catches_jumps`` is true
    for what must run on every way out (``finally``, ``with``): jumps are queued with the way they
    wanted to go.
    """

    catches_jumps: bool
    exceptions: Frontier = field(default_factory=list)
    jumps: list[tuple[Frontier, Onward]] = field(default_factory=list)


class WaysOut:
    """The loops and guards around the statement that is being built, the innermost last."""

    def __init__(self, sketch: Sketch) -> None:
        self._sketch = sketch
        self._enclosing: list[EnclosingLoop | Guard] = []

    @contextmanager
    def inside(self, context: EnclosingLoop | Guard) -> Iterator[None]:
        """Build what stands in ``context``."""
        self._enclosing.append(context)
        yield
        self._enclosing.pop()

    @property
    def loop(self) -> EnclosingLoop:
        """The innermost loop."""
        return next(c for c in reversed(self._enclosing) if isinstance(c, EnclosingLoop))

    def may_raise(self, node: int) -> None:
        """An implicit exception, if an enclosing guard takes notice of it."""
        for context in reversed(self._enclosing):
            if isinstance(context, Guard):
                context.exceptions.append((node, EdgeKind.EXCEPTION))
                return

    def raise_(self, frontier: Frontier) -> None:
        """An exception that is certain, or that passes a guard on its way out."""
        for context in reversed(self._enclosing):
            if isinstance(context, Guard):
                context.exceptions.extend(frontier)
                return
        self._sketch.connect(frontier, RAISE)

    def jump(self, frontier: Frontier, stop: EnclosingLoop | None, arrive: Onward) -> None:
        """Go outward until ``stop`` (``None``: out of the code object), then ``arrive``."""
        for index in range(len(self._enclosing) - 1, -1, -1):
            context = self._enclosing[index]
            if context is stop:
                break
            if isinstance(context, Guard) and context.catches_jumps:
                context.jumps.append((frontier, lambda f: self.jump(f, stop, arrive)))
                return
        arrive(frontier)

    def deliver(self, guard: Guard, exits: list[int]) -> None:
        """Hand on the jumps that a guard took in, from ``exits``, to where they wanted to go."""
        for frontier, onward in guard.jumps:
            for kind in dict.fromkeys(kind for _, kind in frontier):
                onward([(node, kind) for node in exits])


# -- what the patterns of a ``case`` evaluate, and whether one can fail


def values_in(pattern: ast.pattern) -> Iterator[ast.expr]:
    """The expressions of a pattern in order: values, keys and classes."""
    match pattern:
        case ast.MatchValue(value=value):
            yield value
        case ast.MatchClass(cls=cls, patterns=patterns, kwd_patterns=named):
            yield cls
            for each in [*patterns, *named]:
                yield from values_in(each)
        case ast.MatchMapping(keys=keys, patterns=patterns):
            yield from keys
            for each in patterns:
                yield from values_in(each)
        case ast.MatchSequence(patterns=patterns) | ast.MatchOr(patterns=patterns):
            for each in patterns:
                yield from values_in(each)
        case ast.MatchAs(pattern=ast.pattern() as inner):
            yield from values_in(inner)


def always_matches(pattern: ast.pattern) -> bool:
    """Whether ``pattern`` is irrefutable (language reference, §8.6.3)."""
    match pattern:
        case ast.MatchAs(pattern=None):
            return True
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return always_matches(inner)
        case ast.MatchOr(patterns=[*_, last]):
            return always_matches(last)
    return False


# -- statement by statement


class Builder:
    """Builds one graph.

    ``syntax`` and ``handlers`` are as :class:`~analysis.views.control_flow.Flow` has them.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._sketch = Sketch(places)
        self._ways = WaysOut(self._sketch)
        self.handlers: dict[int, range] = {}
        self._in_function = False
        self._docstring: ast.stmt | None = None

    @property
    def syntax(self) -> list[ast.AST | None]:
        """What each node evaluates."""
        return self._sketch.syntax

    def build(self, scope: Scope, name: str) -> FlowGraph:
        """The graph of ``scope``, to be called once."""
        self._in_function = isinstance(scope, FunctionNode)
        if not self._in_function and ast.get_docstring(scope, clean=False) is not None:
            self._docstring = scope.body[0]
        self._sketch.connect(self._block(scope.body, [(0, EdgeKind.NEXT)]), EXIT)
        first = getattr(scope, "lineno", 1) - 1
        return self._sketch.graph(name, first)

    def _node(
        self,
        kind: NodeKind,
        start: ast.AST,
        frontier: Frontier,
        *,
        end: ast.AST | None = None,
        syntax: ast.AST | None = None,
        silent: bool = False,
        raises: bool = True,
    ) -> int:
        node = self._sketch.add(kind, start, frontier, end=end, syntax=syntax, silent=silent)
        if raises and not silent:
            self._ways.may_raise(node)
        return node

    # -- blocks

    def _block(self, body: list[ast.stmt], frontier: Frontier) -> Frontier:
        for statement in body:
            frontier = self._statement(statement, frontier)
        return frontier

    def _statement(self, statement: ast.stmt, frontier: Frontier) -> Frontier:
        match statement:
            case ast.If():
                return self._if(statement, frontier)
            case ast.While():
                return self._while(statement, frontier)
            case ast.For() | ast.AsyncFor():
                return self._for(statement, frontier)
            case ast.Try() | ast.TryStar():
                return self._try(statement, frontier)
            case ast.With() | ast.AsyncWith():
                return self._with(statement, frontier)
            case ast.Match():
                return self._match(statement, frontier)
            case ast.Return():
                node = self._node(
                    NodeKind.STATEMENT, statement, frontier, raises=_computes(statement.value)
                )
                self._ways.jump(
                    [(node, EdgeKind.RETURN)], None, lambda f: self._sketch.connect(f, EXIT)
                )
                return []
            case ast.Raise():
                node = self._node(NodeKind.STATEMENT, statement, frontier, raises=False)
                self._ways.raise_([(node, EdgeKind.EXCEPTION)])
                return []
            case ast.Assert():
                return self._assert(statement, frontier)
            case ast.Break() | ast.Continue():
                return self._loop_jump(statement, frontier)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return [(self._definition(statement, frontier), EdgeKind.NEXT)]
            case _:
                node = self._node(
                    NodeKind.STATEMENT,
                    statement,
                    frontier,
                    silent=self._is_silent(statement),
                    raises=not isinstance(statement, ast.Pass),
                )
                return [(node, EdgeKind.NEXT)]

    def _is_silent(self, statement: ast.stmt) -> bool:
        """Whether the compiler leaves nothing of a statement.

        The docstring of a module or class is stored as ``__doc__``.
        """
        if statement is self._docstring:
            return False
        if isinstance(statement, ast.Global | ast.Nonlocal):
            return True
        if isinstance(statement, ast.AnnAssign):
            named = isinstance(statement.target, ast.Name)
            return statement.value is None and self._in_function and named
        if isinstance(statement, ast.Delete):
            return not any(_names_something(target) for target in statement.targets)
        return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)

    def _definition(self, statement: ast.ClassDef | FunctionNode, frontier: Frontier) -> int:
        """A ``def`` or ``class``: decorators, defaults and bases run here, the body elsewhere."""
        parts: list[ast.AST] = list(statement.decorator_list)
        is_class = isinstance(statement, ast.ClassDef)
        if isinstance(statement, ast.ClassDef):
            parts += [*statement.bases, *statement.keywords]
        else:
            parts += [*defaults(statement.args), *arguments(statement.args)]
            parts += [statement.returns] if statement.returns else []
        parts += getattr(statement, "type_params", [])
        # The body of a class runs here, in a code object of its own, and may raise.
        node = self._node(NodeKind.STATEMENT, statement, frontier, raises=is_class or bool(parts))
        inside = [part for part in parts if part not in statement.decorator_list]
        span = self._places.span(statement)
        end = self._places.colon(statement, max(inside, key=self._places.end, default=None))
        header = Span(span.line, span.character, *end)
        head = statement.lineno - 1
        begin = self._places.column(head, statement.col_offset)
        label = self._places.label(Span(head, begin, *end))
        self._sketch.respan(node, header, label.rstrip(":"))
        return node

    # -- branches and loops

    def _if(self, statement: ast.If, frontier: Frontier) -> Frontier:
        done: Frontier = []
        while True:
            constant = _constant(statement.test)
            test = self._node(
                NodeKind.TEST,
                statement,
                frontier,
                end=statement.test,
                silent=constant is not None,
            )
            taken = [] if constant is False else [(test, EdgeKind.TRUE)]
            frontier = [] if constant is True else [(test, EdgeKind.FALSE)]
            done += self._block(statement.body, taken)
            # A chain of ``elif`` is a nest in the tree; walked here, however long it is.
            match statement.orelse:
                case [ast.If() as following]:
                    statement = following
                case other:
                    return done + self._block(other, frontier)

    def _while(self, statement: ast.While, frontier: Frontier) -> Frontier:
        constant = _constant(statement.test)
        test = self._node(
            NodeKind.TEST, statement, frontier, end=statement.test, silent=constant is not None
        )
        loop = EnclosingLoop(test)
        with self._ways.inside(loop):
            body = self._block(statement.body, [] if constant is False else [(test, EdgeKind.TRUE)])
        self._sketch.connect(body, test)
        done: Frontier = [] if constant is True else [(test, EdgeKind.FALSE)]
        return self._block(statement.orelse, done) + loop.breaks

    def _for(self, statement: ast.For | ast.AsyncFor, frontier: Frontier) -> Frontier:
        header = self._node(NodeKind.LOOP, statement, frontier, end=statement.iter)
        loop = EnclosingLoop(header)
        with self._ways.inside(loop):
            body = self._block(statement.body, [(header, EdgeKind.ITERATE)])
        self._sketch.connect(body, header)
        return self._block(statement.orelse, [(header, EdgeKind.EXHAUSTED)]) + loop.breaks

    def _loop_jump(self, statement: ast.Break | ast.Continue, frontier: Frontier) -> Frontier:
        node = self._node(NodeKind.STATEMENT, statement, frontier, raises=False)
        loop = self._ways.loop
        if isinstance(statement, ast.Break):
            self._ways.jump([(node, EdgeKind.BREAK)], loop, loop.breaks.extend)
        else:
            self._ways.jump(
                [(node, EdgeKind.CONTINUE)], loop, lambda f: self._sketch.connect(f, loop.header)
            )
        return []

    def _assert(self, statement: ast.Assert, frontier: Frontier) -> Frontier:
        test = self._node(NodeKind.TEST, statement, frontier)
        if _constant(statement.test) is not True:
            self._ways.raise_([(test, EdgeKind.EXCEPTION)])
        return [] if _constant(statement.test) is False else [(test, EdgeKind.TRUE)]

    def _match(self, statement: ast.Match, frontier: Frontier) -> Frontier:
        subject = self._node(NodeKind.STATEMENT, statement, frontier, end=statement.subject)
        waiting: Frontier = [(subject, EdgeKind.NEXT)]
        done: Frontier = []
        for case in statement.cases:
            test = self._node(
                NodeKind.TEST,
                case.pattern,
                waiting,
                end=case.guard or case.pattern,
                syntax=case,
            )
            done += self._block(case.body, [(test, EdgeKind.MATCH)])
            always = case.guard is None and always_matches(case.pattern)
            waiting = [] if always else [(test, EdgeKind.NO_MATCH)]
        return done + waiting

    # -- guards

    def _with(
        self, statement: ast.With | ast.AsyncWith, frontier: Frontier, index: int = 0
    ) -> Frontier:
        item = statement.items[index]
        start = item.context_expr if index else statement
        end = item.optional_vars or item.context_expr
        enter = self._node(NodeKind.WITH, start, frontier, end=end, syntax=item)
        guard = Guard(catches_jumps=True)
        with self._ways.inside(guard):
            inside: Frontier = [(enter, EdgeKind.NEXT)]
            if item is statement.items[-1]:
                body = self._block(statement.body, inside)
            else:
                body = self._with(statement, inside, index + 1)
        leave = self._node(NodeKind.WITH_EXIT, start, body + guard.exceptions, end=end, syntax=item)
        # Which line a compiler gives to leaving an item differs: the whole header is meant.
        last = statement.items[-1]
        header = self._places.span(statement, last.optional_vars or last.context_expr)
        self._sketch.respan(leave, header, self._sketch.nodes[leave].label)
        after: Frontier = []
        if body:
            after.append((leave, EdgeKind.NEXT))
        if guard.exceptions:
            after.append((leave, EdgeKind.SUPPRESSED))
            self._ways.raise_([(leave, EdgeKind.RERAISE)])
        for jump, _ in guard.jumps:
            self._sketch.connect(jump, leave)
        self._ways.deliver(guard, [leave])
        return after

    def _try(self, statement: ast.Try | ast.TryStar, frontier: Frontier) -> Frontier:
        start = self._try_line(statement, frontier)
        if not statement.finalbody:
            return self._handled(statement, [(start, EdgeKind.NEXT)])
        guard = Guard(catches_jumps=True)
        with self._ways.inside(guard):
            normal = self._handled(statement, [(start, EdgeKind.NEXT)])
        first = len(self._sketch.nodes)
        entering = normal + guard.exceptions + [f for jump, _ in guard.jumps for f in jump]
        leaving = self._block(statement.finalbody, entering)
        if not entering or first == len(self._sketch.nodes):
            return leaving
        exits = list(dict.fromkeys(node for node, _ in leaving))
        if guard.exceptions:
            self._ways.raise_([(node, EdgeKind.RERAISE) for node in exits])
        self._ways.deliver(guard, exits)
        return leaving if normal else []

    def _try_line(self, statement: ast.Try | ast.TryStar, frontier: Frontier) -> int:
        node = self._node(NodeKind.TRY, statement, frontier, raises=False)
        self._sketch.shorten(node, "try")
        return node

    def _handled(self, statement: ast.Try | ast.TryStar, frontier: Frontier) -> Frontier:
        """``try``, ``except`` and ``else``, without the ``finally``."""
        if not statement.handlers:
            return self._block(statement.orelse, self._block(statement.body, frontier))
        guard = Guard(catches_jumps=False)
        with self._ways.inside(guard):
            body = self._block(statement.body, frontier)
        done = self._block(statement.orelse, body)
        waiting = guard.exceptions
        for handler in statement.handlers:
            header = self._handler(handler, waiting)
            if isinstance(statement, ast.TryStar):
                # What is left of the group, and what this body raises, waits for the handlers
                # below: they are asked even when nothing is left (PEP 654).
                inner = Guard(catches_jumps=False)
                with self._ways.inside(inner):
                    waiting = self._handler_body(handler, header)
                waiting += [(header, EdgeKind.NO_MATCH), *inner.exceptions]
            else:
                done += self._handler_body(handler, header)
                waiting = [] if handler.type is None else [(header, EdgeKind.NO_MATCH)]
        if isinstance(statement, ast.TryStar):
            done += [(node, kind) for node, kind in waiting if kind is not EdgeKind.EXCEPTION]
        if waiting:
            self._ways.raise_([(node, EdgeKind.RERAISE) for node in dict(waiting)])
        return done

    def _handler(self, handler: ast.ExceptHandler, frontier: Frontier) -> int:
        raises = handler.type is not None
        header = self._node(NodeKind.HANDLER, handler, frontier, end=handler.type, raises=raises)
        if handler.type is None:
            self._sketch.shorten(header, "except")
        elif handler.name:
            self._sketch.lengthen(header, self._places.name(handler.name, handler, handler.type))
        return header

    def _handler_body(self, handler: ast.ExceptHandler, header: int) -> Frontier:
        handled = self._block(handler.body, [(header, EdgeKind.MATCH)])
        self.handlers[header] = range(header + 1, len(self._sketch.nodes))
        return handled


def _computes(value: ast.expr | None) -> bool:
    """Whether evaluating ``value`` can raise."""
    return value is not None and not isinstance(value, ast.Constant)


def _names_something(target: ast.expr) -> bool:
    """Whether deleting ``target`` deletes anything; ``del ()`` does not."""
    if isinstance(target, ast.Tuple | ast.List):
        return any(_names_something(each) for each in target.elts)
    return True


def _constant(test: ast.expr) -> bool | None:
    """The truth of a test that the compiler decides, else ``None``."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="__debug__"):
            return True
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _constant(operand)
            return None if inner is None else not inner
    return None


def control_flow(source: str) -> tuple[FlowGraph, ...]:
    """The graphs of a file: the module's first, then each class body and function in order.

    Lambdas and comprehensions belong to the statement they are in. Raises ``SyntaxError``.
    """
    return tuple(flow.graph for flow in flows(ast.parse(source), Places(source)))


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """A graph with the syntax it came from.

    ``syntax`` holds for each node what it evaluates (``None`` for entry and exits): a statement, a
    ``case``, a handler or an item of a ``with``. ``handlers`` are the nodes of each handler's body,
    by the handler's node. ``scope`` is the module, class or function, ``parent`` the number of the
    scope around it (-1 for the module).
    """

    graph: FlowGraph
    scope: Scope
    syntax: tuple[ast.AST | None, ...]
    handlers: dict[int, range]
    parent: int = -1


def flows(tree: ast.Module, places: Places) -> tuple[Flow, ...]:
    """The graphs of a parsed file as :func:`control_flow` gives them, each with its syntax."""
    found: list[Flow] = []
    waiting: list[tuple[Scope, str, int]] = [(tree, "<module>", -1)]
    while waiting:
        scope, name, parent = waiting.pop()
        builder = Builder(places)
        graph = builder.build(scope, name)
        found.append(Flow(graph, scope, tuple(builder.syntax), builder.handlers, parent))
        number = len(found) - 1
        waiting.extend(
            (child, inner_name(scope, name, child), number)
            for child in reversed(list(directly_inside(scope)))
        )
    return tuple(found)
