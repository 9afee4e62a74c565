"""Builds control-flow graphs from the syntax tree, statement by statement.

The construction is the classical one (Aho, Lam, Sethi, Ullman, *Compilers*, 2nd ed., §8.4) with
Python's own ways out of a block: a jump is handed outward through the enclosing ``with`` and
``finally`` blocks, each of which takes it in, runs, and hands it on. A ``finally`` body has one
copy, with an edge to every place that somebody who entered it wanted to go.

Implicit exceptions (any call may raise) are edges only where something in this code object takes
notice: inside ``try`` and ``with``. Explicit ``raise`` and ``assert`` always have theirs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from analysis.views.flow import EXIT, RAISE, Edge, EdgeKind, FlowGraph, Node, NodeKind, Span

#: Nodes whose successor is not known yet, with the kind of the edge that will leave them.
Frontier = list[tuple[int, EdgeKind]]

#: A way out of a block: how to go on from a frontier in the enclosing context.
Onward = Callable[[Frontier], None]

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = ast.Module | ast.ClassDef | _FunctionNode


def control_flow(source: str) -> tuple[FlowGraph, ...]:
    """The graphs of a file: the module's first, then each class body and function in order.

    Lambdas and comprehensions belong to the statement they are in. Raises ``SyntaxError``.
    """
    lines = source.split("\n")
    graphs: list[FlowGraph] = []

    def visit(scope: _Scope, name: str) -> None:
        graphs.append(_Builder(lines).build(scope, name))
        for child in _scopes_in(scope):
            if isinstance(scope, ast.Module):
                prefix = ""
            elif isinstance(scope, ast.ClassDef):
                prefix = f"{name}."
            else:
                prefix = f"{name}.<locals>."
            visit(child, prefix + child.name)

    visit(ast.parse(source), "<module>")
    return tuple(graphs)


def _scopes_in(scope: _Scope) -> Iterable[ast.ClassDef | _FunctionNode]:
    """The scopes directly inside a scope, in order of the text."""
    stack: list[ast.AST] = list(reversed(scope.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        elif not isinstance(node, ast.expr):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


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


class _Builder:
    """Builds one graph; ``_context`` is the stack of enclosing loops and guards."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._nodes: list[Node] = [
            Node(0, NodeKind.ENTRY, "entry"),
            Node(EXIT, NodeKind.EXIT, "exit"),
            Node(RAISE, NodeKind.RAISE, "raise"),
        ]
        self._edges: dict[Edge, None] = {}
        self._context: list[_Loop | _Guard] = []
        self._in_function = False

    def build(self, scope: _Scope, name: str) -> FlowGraph:
        self._in_function = isinstance(scope, _FunctionNode)
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
        silent: bool = False,
        raises: bool = True,
    ) -> int:
        """Add a node spanning ``start`` to ``end``, entered from ``frontier``."""
        span = self._span(start, end or start)
        node = Node(len(self._nodes), kind, self._text(span), span, silent)
        self._nodes.append(node)
        self._connect(frontier, node.id)
        if raises and not silent:
            self._may_raise(node.id)
        return node.id

    def _connect(self, frontier: Frontier, target: int) -> None:
        for source, kind in frontier:
            self._edges[Edge(source, target, kind)] = None

    def _span(self, start: ast.AST, end: ast.AST) -> Span:
        decorators = getattr(start, "decorator_list", None)
        first = decorators[0] if decorators else start
        last_line = (getattr(end, "end_lineno", None) or getattr(start, "lineno", 1) or 1) - 1
        last_byte = getattr(end, "end_col_offset", None)
        line = getattr(first, "lineno", 1) - 1
        character = self._column(line, getattr(first, "col_offset", 0))
        if decorators:
            character = max(0, character - 1)  # the @ itself
        if last_byte is None:
            return Span(line, character, last_line, len(self._lines[last_line]))
        return Span(line, character, last_line, self._column(last_line, last_byte))

    def _column(self, line: int, byte: int) -> int:
        """The tree counts UTF-8 bytes; a column counts code points."""
        return len(self._lines[line].encode()[:byte].decode(errors="ignore"))

    def _text(self, span: Span) -> str:
        if span.line == span.end_line:
            return self._lines[span.line][span.character : span.end_character].strip()
        first = self._lines[span.line][span.character :].strip()
        return f"{first} …"

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
        """Whether the compiler leaves nothing of a statement."""
        if isinstance(statement, ast.Global | ast.Nonlocal):
            return True
        if isinstance(statement, ast.AnnAssign):
            return statement.value is None and self._in_function and bool(statement.simple)
        return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)

    def _definition(self, statement: ast.ClassDef | _FunctionNode, frontier: Frontier) -> int:
        """A ``def`` or ``class``: decorators, defaults and bases run here, the body elsewhere."""
        parts: list[ast.AST] = list(statement.decorator_list)
        if isinstance(statement, ast.ClassDef):
            parts += [*statement.bases, *statement.keywords]
        else:
            arguments = statement.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            every += [a for a in (arguments.vararg, arguments.kwarg) if a]
            parts += [*arguments.defaults, *(d for d in arguments.kw_defaults if d), *every]
            parts += [statement.returns] if statement.returns else []
        last_line = max((int(getattr(part, "end_lineno", 0)) for part in parts), default=0)
        node = self._node(NodeKind.STATEMENT, statement, frontier, raises=bool(parts))
        span = self._span(statement, statement)
        end_line = max(statement.lineno, last_line) - 1
        header = Span(span.line, span.character, end_line, len(self._lines[end_line]))
        label = self._lines[statement.lineno - 1].strip().rstrip(":")
        self._nodes[node] = Node(node, NodeKind.STATEMENT, label, header)
        return node

    # -- branches and loops

    def _if(self, statement: ast.If, frontier: Frontier) -> Frontier:
        constant = _constant(statement.test)
        test = self._node(
            NodeKind.TEST,
            statement,
            frontier,
            end=statement.test,
            silent=constant is not None,
        )
        taken = [] if constant is False else [(test, EdgeKind.TRUE)]
        passed: Frontier = [] if constant is True else [(test, EdgeKind.FALSE)]
        return self._block(statement.body, taken) + self._block(statement.orelse, passed)

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
        self._raise([(test, EdgeKind.EXCEPTION)])
        return [(test, EdgeKind.TRUE)]

    def _match(self, statement: ast.Match, frontier: Frontier) -> Frontier:
        subject = self._node(NodeKind.STATEMENT, statement, frontier, end=statement.subject)
        waiting: Frontier = [(subject, EdgeKind.NEXT)]
        done: Frontier = []
        for case in statement.cases:
            test = self._node(NodeKind.TEST, case.pattern, waiting, end=case.guard or case.pattern)
            done += self._block(case.body, [(test, EdgeKind.MATCH)])
            waiting = [] if _irrefutable(case) else [(test, EdgeKind.NO_MATCH)]
        return done + waiting

    # -- guards

    def _with(self, statement: ast.With | ast.AsyncWith, frontier: Frontier) -> Frontier:
        last = statement.items[-1]
        end = last.optional_vars or last.context_expr
        enter = self._node(NodeKind.WITH, statement, frontier, end=end)
        guard = _Guard(catches_jumps=True)
        self._context.append(guard)
        body = self._block(statement.body, [(enter, EdgeKind.NEXT)])
        self._context.pop()
        leave = self._node(NodeKind.WITH_EXIT, statement, body + guard.exceptions, end=end)
        after: Frontier = []
        if body:
            after.append((leave, EdgeKind.NEXT))
        if guard.exceptions:
            after.append((leave, EdgeKind.SUPPRESSED))
            self._pass_on(leave)
        self._deliver(guard, leave, [leave])
        return after

    def _pass_on(self, node: int) -> None:
        """An exception that leaves a guard by ``node``."""
        self._raise([(node, EdgeKind.EXCEPTION)])

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
            self._raise([(node, EdgeKind.EXCEPTION) for node in exits])
        for frontier_, onward in guard.jumps:
            for kind in dict.fromkeys(kind for _, kind in frontier_):
                onward([(node, kind) for node in exits])
        return leaving if normal else []

    def _try_line(self, statement: ast.Try | ast.TryStar, frontier: Frontier) -> int:
        line = statement.lineno - 1
        character = self._column(line, statement.col_offset)
        node = Node(
            len(self._nodes), NodeKind.TRY, "try", Span(line, character, line, character + 4)
        )
        self._nodes.append(node)
        self._connect(frontier, node.id)
        return node.id

    def _handled(self, statement: ast.Try | ast.TryStar, frontier: Frontier) -> Frontier:
        """``try``, ``except`` and ``else``, without the ``finally``."""
        if not statement.handlers:
            return self._block(statement.orelse, self._block(statement.body, frontier))
        guard = _Guard(catches_jumps=False)
        self._context.append(guard)
        body = self._block(statement.body, frontier)
        self._context.pop()
        done = self._block(statement.orelse, body)
        star = isinstance(statement, ast.TryStar)
        waiting = guard.exceptions
        for handler in statement.handlers:
            header = self._node(
                NodeKind.HANDLER,
                handler,
                waiting,
                end=handler.type,
                raises=handler.type is not None,
            )
            if handler.type is None:
                line = self._nodes[header].span
                assert line is not None
                span = Span(line.line, line.character, line.line, line.character + len("except"))
                self._nodes[header] = Node(header, NodeKind.HANDLER, "except", span)
            handled = self._block(handler.body, [(header, EdgeKind.MATCH)])
            waiting = [] if handler.type is None else [(header, EdgeKind.NO_MATCH)]
            if star:
                # What is left of the group goes on to the next handler, and outward at the end.
                waiting = waiting + handled
            done += handled
        if waiting:
            self._raise([(node, EdgeKind.EXCEPTION) for node, _ in waiting])
        return done


def _computes(value: ast.expr | None) -> bool:
    """Whether evaluating ``value`` can raise."""
    return value is not None and not isinstance(value, ast.Constant)


def _constant(test: ast.expr) -> bool | None:
    """The truth of a test that the compiler decides, else ``None``."""
    return bool(test.value) if isinstance(test, ast.Constant) else None


def _irrefutable(case: ast.match_case) -> bool:
    """Whether a case always matches."""
    if case.guard is not None:
        return False
    pattern = case.pattern
    while isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        pattern = pattern.pattern
    return isinstance(pattern, ast.MatchAs)
