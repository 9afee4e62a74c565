"""parso's parser for whole files, about twice as fast: the trees are the same.

parso pushes a frame for each rule that a token begins (an atom stands below fifteen of them:
``test``, ``or_test``, … ``atom_expr``), and pops nearly all of them at the next token, each holding
one node, which it hands down as it is. Here these frames wait for the next token, which tells how
many of them stay; what it tells is remembered by plan and kind of token. Where a token fits
nowhere, the frames are made and parso's own code recovers.
"""

from __future__ import annotations

from typing import Any

from parso import parser as parso_parser
from parso.python import parser as python_parser
from parso.python import tree as python_tree
from parso.python.token import PythonTokenTypes

#: parso's types do not reach these.
_base: Any = parso_parser
_python: Any = python_parser
_tree: Any = python_tree
_NAME, _INDENT, _DEDENT = PythonTokenTypes.NAME, PythonTokenTypes.INDENT, PythonTokenTypes.DEDENT
#: What a token does to waiting frames, besides the number of those that stay.
_ALL_GO, _NO_FIT = 0, -1


class QuickParser(_python.Parser):  # type: ignore[misc]
    """As parso's parser with error recovery, for ``file_input``."""

    def __init__(self, grammar: Any) -> None:
        super().__init__(grammar, error_recovery=True, start_nonterminal="file_input")
        self._reserved: dict[str, Any] = grammar.reserved_syntax_strings
        self._first = grammar.nonterminal_to_dfas["file_input"][0]
        if not hasattr(self._first, "pilotfish_steps"):
            _prepare(grammar)

    def parse(self, tokens: Any) -> Any:
        """The tree of ``tokens``. Raises what parso raises: nothing for Python of any sort."""
        self.stack = stack = _base.Stack([_base.StackNode(self._first)])
        reserved, leaf_classes = self._reserved, self._leaf_map
        pushes: Any = ()  # the frames that wait
        fates: dict[Any, int] = {}
        leaf: Any = None  # what stands in the last of them
        for token in tokens:
            kind, value, start, prefix = token
            if kind is _DEDENT:
                omitted = self._omit_dedent_list
                if omitted and omitted[-1] == self._indent_counter:
                    omitted.pop()
                    self._indent_counter -= 1
                    continue
                self._indent_counter -= 1
            elif kind is _INDENT:
                self._indent_counter += 1
            # Tokens by their kind's name: the hash of an enumeration's member is slow.
            step_key = kind._name_
            if kind._value_.contains_syntax:
                step_key = reserved.get(value, step_key)
            if pushes:
                stay = fates.get(step_key)
                if stay is None:
                    stay = fates[step_key] = _fate(pushes, step_key)
                if stay == _ALL_GO:
                    stack[-1].nodes.append(leaf)
                else:
                    stack += map(_base.StackNode, pushes if stay == _NO_FIT else pushes[:stay])
                    stack[-1].nodes.append(leaf)
                pushes = ()
            while True:
                top = stack[-1]
                step = top.dfa.pilotfish_steps.get(step_key)
                if step is not None or not top.dfa.is_final or len(stack) == 1:
                    break
                self._pop()
            if step is None:
                self._add_token(token)
                continue
            top.dfa, pushes, fates = step
            if kind is _NAME:
                leaf_class = _tree.Keyword if value in reserved else _tree.Name
            else:
                leaf_class = leaf_classes.get(kind, _tree.Operator)
            leaf = leaf_class.__new__(leaf_class)
            leaf.value = value
            leaf.line, leaf.column = start
            leaf.prefix = prefix
            leaf.parent = None
            if not pushes:
                top.nodes.append(leaf)
        if pushes:
            stack += map(_base.StackNode, pushes)
            stack[-1].nodes.append(leaf)
        while len(stack) > 1 and stack[-1].dfa.is_final:
            self._pop()
        if not stack[-1].dfa.is_final:
            raise _base.InternalParseError("incomplete input", kind, value, start)
        return self.convert_node(stack[-1].nonterminal, stack[-1].nodes)

    def _pop(self) -> None:
        stack = self.stack
        top = stack.pop()
        nodes = top.nodes
        stack[-1].nodes.append(
            nodes[0] if len(nodes) == 1 else self.convert_node(top.dfa.from_rule, nodes)
        )


def _prepare(grammar: Any) -> None:
    """Give each state of ``grammar`` its steps: by kind of token the next state, the frames to push
    and what each kind of token behind it does to these."""
    waiting = [state for states in grammar.nonterminal_to_dfas.values() for state in states]
    for state in waiting:
        state.pilotfish_steps = {
            getattr(kind, "_name_", kind): (plan.next_dfa, tuple(plan.dfa_pushes), {})
            for kind, plan in state.transitions.items()
        }


def _fate(pushes: tuple[Any, ...], step_key: Any) -> int:
    """How many of the frames stay, the last of them to take the token."""
    for stay in range(len(pushes), 0, -1):
        state = pushes[stay - 1]
        if step_key in state.pilotfish_steps:
            return stay
        if not state.is_final:
            return _NO_FIT
    return _ALL_GO
