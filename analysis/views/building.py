"""Builds control-flow graphs from the syntax tree, statement by statement.

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
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from analysis.views.flow import EXIT, RAISE, Edge, EdgeKind, FlowGraph, Node, NodeKind, Span
from analysis.views.places import Places

#: Nodes whose successor is not known yet, with the kind of the edge that will leave them.
Frontier = list[tuple[int, EdgeKind]]

#: A way out of a block: how to go on from a frontier in the enclosing context.
Onward = Callable[[Frontier], None]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | ast.ClassDef | FunctionNode


@dataclass
class _Loop:
    header: int
    breaks: Frontier = field(default_factory=list)


@dataclass
class _Guard:
    """An enclosing ``try`` or ``with`` that takes notice of what passes through it.

    ``exceptions`` come from inside and go to its handlers or its exit. ``catches_jumps`` is true
    for what must run on every way out (``finally``, ``with``): jumps are queued with the way they
    wanted to go.
    """

    catches_jumps: bool
    exceptions: Frontier = field(default_factory=list)
    jumps: list[tuple[Frontier, Onward]] = field(default_factory=list)


class Builder:
    """Builds one graph; ``_context`` is the stack of enclosing loops and guards.

    ``syntax`` and ``handlers`` are as :class:`~analysis.views.control_flow.Flow` has them.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self.syntax: list[ast.AST | None] = [None, None, None]
        self.handlers: dict[int, range] = {}
        self._nodes: list[Node] = [
            Node(0, NodeKind.ENTRY, "entry"),
            Node(EXIT, NodeKind.EXIT, "exit"),
            Node(RAISE, NodeKind.RAISE, "raise"),
        ]
        self._edges: dict[Edge, None] = {}
        self._context: list[_Loop | _Guard] = []
        self._in_function = False
        self._docstring: ast.stmt | None = None

    def build(self, scope: Scope, name: str) -> FlowGraph:
        """The graph of ``scope``, to be called once."""
        self._in_function = isinstance(scope, FunctionNode)
        if not self._in_function and ast.get_docstring(scope, clean=False) is not None:
            self._docstring = scope.body[0]
        self._connect(self._block(scope.body, [(0, EdgeKind.NEXT)]), EXIT)
        first = getattr(scope, "lineno", 1) - 1
        return FlowGraph(name, tuple(self._nodes), tuple(self._edges), first)

    # -- nodes and edges

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
        """Add a node spanning ``start`` to ``end``, entered from ``frontier``.

        ``syntax`` is what it evaluates, where that is not ``start``.
        """
        span = self._places.span(start, end)
        node = Node(len(self._nodes), kind, self._places.label(span), span, silent)
        self._nodes.append(node)
        self.syntax.append(syntax or start)
        self._connect(frontier, node.id)
        if raises and not silent:
            self._may_raise(node.id)
        return node.id

    def _connect(self, frontier: Frontier, target: int) -> None:
        for source, kind in frontier:
            self._edges[Edge(source, target, kind)] = None

    # -- ways out

    def _may_raise(self, node: int) -> None:
        """An implicit exception, if an enclosing guard takes notice of it."""
        for context in reversed(self._context):
            if isinstance(context, _Guard):
                context.exceptions.append((node, EdgeKind.EXCEPTION))
                return

    def _raise(self, frontier: Frontier) -> None:
        """An exception that is certain, or that passes a guard on its way out."""
        for context in reversed(self._context):
            if isinstance(context, _Guard):
                context.exceptions.extend(frontier)
                return
        self._connect(frontier, RAISE)

    def _jump(self, frontier: Frontier, stop: _Loop | None, arrive: Onward) -> None:
        """Go outward until ``stop`` (``None``: out of the code object), then ``arrive``."""
        for index in range(len(self._context) - 1, -1, -1):
            context = self._context[index]
            if context is stop:
                break
            if isinstance(context, _Guard) and context.catches_jumps:
                context.jumps.append((frontier, lambda f: self._jump(f, stop, arrive)))
                return
        arrive(frontier)

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
                self._jump([(node, EdgeKind.RETURN)], None, lambda f: self._connect(f, EXIT))
                return []
            case ast.Raise():
                node = self._node(NodeKind.STATEMENT, statement, frontier, raises=False)
                self._raise([(node, EdgeKind.EXCEPTION)])
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
            arguments = statement.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            every += [a for a in (arguments.vararg, arguments.kwarg) if a]
            parts += [*arguments.defaults, *(d for d in arguments.kw_defaults if d), *every]
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
        self._nodes[node] = replace(self._nodes[node], label=label.rstrip(":"), span=header)
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
        loop = _Loop(test)
        self._context.append(loop)
        body = self._block(statement.body, [] if constant is False else [(test, EdgeKind.TRUE)])
        self._context.pop()
        self._connect(body, test)
        done: Frontier = [] if constant is True else [(test, EdgeKind.FALSE)]
        return self._block(statement.orelse, done) + loop.breaks

    def _for(self, statement: ast.For | ast.AsyncFor, frontier: Frontier) -> Frontier:
        header = self._node(NodeKind.LOOP, statement, frontier, end=statement.iter)
        loop = _Loop(header)
        self._context.append(loop)
        body = self._block(statement.body, [(header, EdgeKind.ITERATE)])
        self._context.pop()
        self._connect(body, header)
        return self._block(statement.orelse, [(header, EdgeKind.EXHAUSTED)]) + loop.breaks

    def _loop_jump(self, statement: ast.Break | ast.Continue, frontier: Frontier) -> Frontier:
        node = self._node(NodeKind.STATEMENT, statement, frontier, raises=False)
        loop = next(c for c in reversed(self._context) if isinstance(c, _Loop))
        if isinstance(statement, ast.Break):
            self._jump([(node, EdgeKind.BREAK)], loop, loop.breaks.extend)
        else:
            self._jump([(node, EdgeKind.CONTINUE)], loop, lambda f: self._connect(f, loop.header))
        return []

    def _assert(self, statement: ast.Assert, frontier: Frontier) -> Frontier:
        test = self._node(NodeKind.TEST, statement, frontier)
        if _constant(statement.test) is not True:
            self._raise([(test, EdgeKind.EXCEPTION)])
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
            waiting = [] if _irrefutable(case) else [(test, EdgeKind.NO_MATCH)]
        return done + waiting

    # -- guards

    def _with(
        self, statement: ast.With | ast.AsyncWith, frontier: Frontier, index: int = 0
    ) -> Frontier:
        item = statement.items[index]
        start = item.context_expr if index else statement
        end = item.optional_vars or item.context_expr
        enter = self._node(NodeKind.WITH, start, frontier, end=end, syntax=item)
        guard = _Guard(catches_jumps=True)
        self._context.append(guard)
        inside: Frontier = [(enter, EdgeKind.NEXT)]
        if item is statement.items[-1]:
            body = self._block(statement.body, inside)
        else:
            body = self._with(statement, inside, index + 1)
        self._context.pop()
        leave = self._node(NodeKind.WITH_EXIT, start, body + guard.exceptions, end=end, syntax=item)
        # Which line a compiler gives to leaving an item differs: the whole header is meant.
        last = statement.items[-1]
        header = self._places.span(statement, last.optional_vars or last.context_expr)
        self._nodes[leave] = replace(self._nodes[leave], span=header)
        after: Frontier = []
        if body:
            after.append((leave, EdgeKind.NEXT))
        if guard.exceptions:
            after.append((leave, EdgeKind.SUPPRESSED))
            self._raise([(leave, EdgeKind.RERAISE)])
        self._deliver(guard, leave, [leave])
        return after

    def _deliver(self, guard: _Guard, entry: int, exits: list[int]) -> None:
        """Send the jumps that a guard took in through it, and on to where they wanted to go."""
        for frontier, onward in guard.jumps:
            self._connect(frontier, entry)
            for kind in dict.fromkeys(kind for _, kind in frontier):
                onward([(node, kind) for node in exits])

    def _try(self, statement: ast.Try | ast.TryStar, frontier: Frontier) -> Frontier:
        start = self._try_line(statement, frontier)
        if not statement.finalbody:
            return self._handled(statement, [(start, EdgeKind.NEXT)])
        guard = _Guard(catches_jumps=True)
        self._context.append(guard)
        normal = self._handled(statement, [(start, EdgeKind.NEXT)])
        self._context.pop()
        first = len(self._nodes)
        entering = normal + guard.exceptions + [f for jump, _ in guard.jumps for f in jump]
        leaving = self._block(statement.finalbody, entering)
        if not entering or first == len(self._nodes):
            return leaving
        exits = list(dict.fromkeys(node for node, _ in leaving))
        if guard.exceptions:
            self._raise([(node, EdgeKind.RERAISE) for node in exits])
        for frontier_, onward in guard.jumps:
            for kind in dict.fromkeys(kind for _, kind in frontier_):
                onward([(node, kind) for node in exits])
        return leaving if normal else []

    def _try_line(self, statement: ast.Try | ast.TryStar, frontier: Frontier) -> int:
        node = self._node(NodeKind.TRY, statement, frontier, raises=False)
        self._shorten(node, "try")
        return node

    def _shorten(self, node: int, word: str) -> None:
        """Let a node span the keyword that it begins with, and nothing else."""
        span = self._nodes[node].span
        assert span is not None
        short = Span(span.line, span.character, span.line, span.character + len(word))
        self._nodes[node] = replace(self._nodes[node], label=word, span=short)

    def _lengthen(self, node: int, last: Span) -> None:
        """Let a node span everything to the end of ``last``."""
        span = self._nodes[node].span
        assert span is not None
        long = Span(span.line, span.character, last.end_line, last.end_character)
        self._nodes[node] = replace(self._nodes[node], label=self._places.label(long), span=long)

    def _handled(self, statement: ast.Try | ast.TryStar, frontier: Frontier) -> Frontier:
        """``try``, ``except`` and ``else``, without the ``finally``."""
        if not statement.handlers:
            return self._block(statement.orelse, self._block(statement.body, frontier))
        guard = _Guard(catches_jumps=False)
        self._context.append(guard)
        body = self._block(statement.body, frontier)
        self._context.pop()
        done = self._block(statement.orelse, body)
        waiting = guard.exceptions
        for handler in statement.handlers:
            header = self._handler(handler, waiting)
            if isinstance(statement, ast.TryStar):
                # What is left of the group, and what this body raises, waits for the handlers
                # below: they are asked even when nothing is left (PEP 654).
                inner = _Guard(catches_jumps=False)
                self._context.append(inner)
                waiting = self._handler_body(handler, header)
                self._context.pop()
                waiting += [(header, EdgeKind.NO_MATCH), *inner.exceptions]
            else:
                done += self._handler_body(handler, header)
                waiting = [] if handler.type is None else [(header, EdgeKind.NO_MATCH)]
        if isinstance(statement, ast.TryStar):
            done += [(node, kind) for node, kind in waiting if kind is not EdgeKind.EXCEPTION]
        if waiting:
            self._raise([(node, EdgeKind.RERAISE) for node in dict(waiting)])
        return done

    def _handler(self, handler: ast.ExceptHandler, frontier: Frontier) -> int:
        raises = handler.type is not None
        header = self._node(NodeKind.HANDLER, handler, frontier, end=handler.type, raises=raises)
        if handler.type is None:
            self._shorten(header, "except")
        elif handler.name:
            self._lengthen(header, self._places.name(handler.name, handler, handler.type))
        return header

    def _handler_body(self, handler: ast.ExceptHandler, header: int) -> Frontier:
        handled = self._block(handler.body, [(header, EdgeKind.MATCH)])
        self.handlers[header] = range(header + 1, len(self._nodes))
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


def _irrefutable(case: ast.match_case) -> bool:
    """Whether a case always matches."""
    if case.guard is not None:
        return False
    pattern = case.pattern
    while True:
        match pattern:
            case ast.MatchAs(pattern=ast.pattern() as inner):
                pattern = inner
            case ast.MatchOr(patterns=[*_, last]):
                pattern = last
            case _:
                return isinstance(pattern, ast.MatchAs)
