"""How likely a patch that passes is what its author meant, as far as its text shows.

Patches that pass for the wrong reason have a look of their own: a variable that nothing reads any
more, a comparison that holds whatever is compared, a check taken away (Qi et al., ISSTA 2015: most
plausible patches of early tools delete functionality). Right ones often repeat what stands nearby
(Barr et al., FSE 2014). Each sign adds to a logarithm; the weights are by judgement, looked at with
``benchmarks/humanevalfix.py`` (development half).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from repair.candidates.candidate import Candidate
from repair.choice.reading import Function, function_of, never_read, parameters
from repair.source.file import OffsetEdit, Source
from repair.source.units import Units, groups

_BY_SIZE = 0.01
#: A larger change is none the less likely: a statement is as long as it is.
_LARGE = 40
#: Several edits at once, where one is enough: as likely as two mistakes are.
_SEVERAL = -1.0
_UNREAD, _READ_AGAIN = -1.2, 0.8
#: And where what is read at last is a parameter: somebody gives it.
_GIVEN = 1.2
_OPPOSED = -3.0
_IDLE = -2.0
_FLOORED = -1.5
_CUT_OFF = -2.5
_ONE_TURN = -2.0
_TAKEN_AWAY = -0.6
_ADDED = -0.6
_FAMILIAR = 0.4
_UPWARDS, _DOWNWARDS = (ast.Lt, ast.LtE), (ast.Gt, ast.GtE)
#: Templates that take a condition or a statement away.
_TAKING = (
    *("superfluous condition", "superfluous statement", "superfluous branch"),
    *("constant condition", "null guard"),
)
#: Those that add one: of so many terms and conditions some make any test pass.
_ADDING = ("missing condition", "missing term")


def signs(source: Source, candidates: Sequence[Candidate]) -> list[float]:
    """For each of ``candidates``, all of which pass, what its text adds to its logarithm."""
    units = Units(source)
    single = any(" + " not in candidate.strategy for candidate in candidates)
    known = _expressions(source.tree)
    found = []
    for candidate in candidates:
        score = -_BY_SIZE * min(_LARGE, size(source, candidate.edits))
        if single and " + " in candidate.strategy:
            score += _SEVERAL
        if any(_dump(edit.new) in known for edit in candidate.edits):
            score += _FAMILIAR
        lost = 0
        for unit, edits in groups(units, candidate.edits) or ():
            old, new = (function_of(units.module(unit, e)) for e in ((), edits))
            if old is not None and new is not None:
                score += sum(sign(old, new) for sign in _SIGNS)
                lost += _lost(old) - _lost(new)
        kind = candidate.strategy.partition(": ")[2]
        # What only hid another value is no functionality.
        if kind in _TAKING and lost <= 0:
            score += _TAKEN_AWAY
        if kind in _ADDING:
            score += _ADDED
        found.append(score)
    return found


def size(source: Source, edits: Iterable[OffsetEdit]) -> int:
    """How many code points ``edits`` take out and put in."""
    return sum(_apart(source.text[edit.start : edit.end], edit.new) for edit in edits)


def _apart(old: str, new: str) -> int:
    if old in new or new in old:
        return abs(len(new) - len(old))
    before = _alike(old, new)
    behind = _alike(old[before:][::-1], new[before:][::-1])
    return len(old) + len(new) - 2 * (before + behind)


def _alike(one: str, other: str) -> int:
    """How many code points the two begin with together."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _dump(text: str) -> str:
    """The shape of an expression that is more than a name or a constant; ``""`` of others."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return ""
    plain = isinstance(node, ast.Name | ast.Constant | ast.UnaryOp | ast.List | ast.Dict)
    return "" if plain else ast.dump(node)


def _expressions(tree: ast.AST | None) -> frozenset[str]:
    nodes = ast.walk(tree) if tree is not None else ()
    return frozenset(ast.dump(node) for node in nodes if isinstance(node, ast.expr))


# ------------------------------------------------------------------ signs of one function


def _unread(old: Function, new: Function) -> float:
    """Variables that nothing reads: fewer are as good a sign as more of them are a bad one."""
    before, after = never_read(old), never_read(new)
    given = before.intersection(parameters(old)) - after
    score = _UNREAD * len(after - before) + _READ_AGAIN * min(1, len(before - after))
    return score + _GIVEN * min(1, len(given))


def _overwritten(old: Function, new: Function) -> float:
    """Values that are put into a variable and lost to the next one before anything reads them."""
    before, after = _lost(old), _lost(new)
    return _UNREAD * max(0, after - before) + _READ_AGAIN * min(2, max(0, before - after))


def _lost(function: Function) -> int:
    found = 0
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            found += _lost_in(block) if isinstance(block, list) else 0
    return found


def _lost_in(block: Sequence[ast.AST]) -> int:
    """In the statements of one block; one that branches may read whatever it names."""
    found = 0
    waiting: set[str] = set()
    for statement in block:
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        plain = isinstance(statement, ast.Assign | ast.AnnAssign)
        waiting -= {n.id for n in names if not plain or isinstance(n.ctx, ast.Load)}
        stored = {n.id for n in names if plain and isinstance(n.ctx, ast.Store)}
        found += len(waiting & stored)
        waiting |= stored
    return found


def _opposed(old: Function, new: Function) -> float:
    """``a <= b >= c``, which says less than it seems to."""
    return _OPPOSED * _more(_chains, old, new)


def _chains(function: Function) -> int:
    return sum(
        (isinstance(one, _UPWARDS) and isinstance(other, _DOWNWARDS))
        or (isinstance(one, _DOWNWARDS) and isinstance(other, _UPWARDS))
        for node in ast.walk(function)
        if isinstance(node, ast.Compare)
        for one, other in pairwise(node.ops)
    )


def _idle(old: Function, new: Function) -> float:
    """``x - x``, ``x == x`` and ``min(x, x)``: an operation on nothing but itself."""
    return _IDLE * _more(_repeats, old, new)


def _repeats(function: Function) -> int:
    found = 0
    for node in ast.walk(function):
        parts: Sequence[ast.expr] = ()
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Mult | ast.Add):
            parts = (node.left, node.right)
        elif isinstance(node, ast.Compare):
            parts = (node.left, *node.comparators)
        elif isinstance(node, ast.BoolOp):
            parts = node.values
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            parts = node.args if node.func.id in ("min", "max") else ()
        shapes = Counter(map(ast.dump, parts))
        found += sum(count - 1 for count in shapes.values())
    return found


def _floored(old: Function, new: Function) -> float:
    """A whole number where the function says that it returns any."""
    returns = new.returns
    if not (isinstance(returns, ast.Name) and returns.id == "float"):
        return 0.0
    return _FLOORED * min(1, _more(_roundings, old, new))


def _roundings(function: Function) -> int:
    return sum(
        isinstance(node, ast.FloorDiv)
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("int", "round")
        )
        for node in ast.walk(function)
    )


def _cut_off(old: Function, new: Function) -> float:
    """Statements behind one that always leaves: what they did is taken away."""
    return _CUT_OFF * min(1, _more(_unreachable, old, new))


def _unreachable(function: Function) -> int:
    found = 0
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                leaving = [i for i, s in enumerate(block) if isinstance(s, _LEAVING)]
                found += len(block) - 1 - leaving[0] if leaving else 0
    return found


def _last_turn(old: Function, new: Function) -> float:
    """A variable that each turn of a loop sets and nothing reads before the loop is over: of all
    turns only the last one counts."""
    return _ONE_TURN * min(1, _more(_only_last, old, new))


def _only_last(function: Function) -> int:
    found = 0
    for loop in ast.walk(function):
        if isinstance(loop, ast.For | ast.While | ast.AsyncFor):
            heads = [loop.test] if isinstance(loop, ast.While) else []
            inside = [node for part in (*heads, *loop.body) for node in ast.walk(part)]
            if any(isinstance(node, ast.Break | ast.Return | ast.Yield) for node in inside):
                continue
            names = [node for node in inside if isinstance(node, ast.Name)]
            read = {name.id for name in names if not isinstance(name.ctx, ast.Store)}
            read |= {
                node.target.id
                for node in inside
                if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
            }
            found += sum(
                isinstance(target, ast.Name) and target.id not in read
                for statement in loop.body
                if isinstance(statement, ast.Assign)
                for target in statement.targets
            )
    return found


_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def _more(count: Callable[[Function], int], old: Function, new: Function) -> int:
    return max(0, count(new) - count(old))


_SIGNS: tuple[Callable[[Function, Function], float], ...] = (
    *(_unread, _overwritten, _opposed, _idle, _floored, _cut_off, _last_turn),
)
