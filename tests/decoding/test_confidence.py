"""Token probabilities on syntax nodes: which nodes, which tokens count, where they lie."""

from __future__ import annotations

import math

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from decoding.local_writer import LocalWriter
from decoding.writer import Completion, InfillRequest, NodeConfidence, Piece, of_nodes
from tests.decoding.prompts.test_hint import FillingToy
from tests.decoding.toy import END


def _pieces(*tokens: tuple[str, float]) -> tuple[Piece, ...]:
    found, at = [], 0
    for text, probability in tokens:
        found.append(Piece(at, at + len(text), probability))
        at += len(text)
    return tuple(found)


def _nodes(marked: str, *tokens: tuple[str, float]) -> list[NodeConfidence]:
    before, behind = marked.split("$0")
    written = "".join(text for text, _ in tokens)
    return list(of_nodes(before + behind, len(before), written, _pieces(*tokens)))


def _shown(nodes: list[NodeConfidence]) -> dict[str, float]:
    return {node.text: node.confidence for node in nodes}


def test_what_was_written_against_the_model_is_next_to_impossible_and_no_more() -> None:
    """In four digits its probability is 0, of which there is no logarithm."""
    nodes = _nodes("x = $0\n", ("read", 0.0), ("()", 0.9))
    assert 0 < _shown(nodes)["read"] < 0.001


def test_a_name_of_several_tokens_has_their_geometric_mean() -> None:
    nodes = _nodes("x = $0\n", ("read", 0.9), ("_", 0.4), ("text", 0.1))
    assert _shown(nodes) == {"read_text": round(math.pow(0.9 * 0.4 * 0.1, 1 / 3), 4)}


def test_a_token_counts_for_every_node_it_touches() -> None:
    # "(a" opens the call and is the argument.
    shown = _shown(_nodes("x = $0\n", ("f", 0.5), ("(a", 0.25), (")", 1.0)))
    assert shown["f"] == 0.5
    assert shown["a"] == 0.25
    assert shown["f(a)"] == 0.5


def test_outer_nodes_come_first_and_one_text_is_one_node() -> None:
    nodes = _nodes("x = $0\n", ("a", 0.5), (".b", 0.5), ("(1)", 0.5))
    assert [node.text for node in nodes] == ["a.b(1)", "a.b", "a", "b", "(1)", "1"]
    assert len({(node.start, node.end) for node in nodes}) == len(nodes)


def test_only_what_was_written_is_judged() -> None:
    nodes = _nodes("value = items.$0 + 1\n", ("pop", 0.5), ("()", 0.5))
    # The call and the attribute begin before the cursor.
    assert [(node.kind, node.text) for node in nodes] == [
        ("identifier", "pop"),
        ("argument_list", "()"),
    ]


def test_positions_count_code_points_from_the_cursor() -> None:
    nodes = _nodes("größe = '🐟'\ny = $0\n", ("größe", 0.5), (" + ", 0.5), ("é", 0.25))
    assert [(n.text, n.start, n.end) for n in nodes] == [
        ("größe + é", 0, 9),
        ("größe", 0, 5),
        ("é", 8, 9),
    ]


def test_silence_has_no_nodes() -> None:
    assert of_nodes("x = \n", 4, "", ()) == ()


#: The prompt ends with the control token of the middle.
TABLE = {"\x02": {"f(": 0.6, "z": 0.4}, "f(": {"größe": 0.7, "z": 0.3}, "größe": {END: 1.0}}


def _complete(text: str) -> Completion:
    before, behind = text.split("$0")
    request = InfillRequest(Snapshot("/a.py", before + behind, Workspace("/")), len(before))
    return LocalWriter(FillingToy(TABLE)).complete(
        request, None, deadline=Deadline.never(), cancellation=Cancellation()
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_pieces_are_the_tokens_of_what_is_inserted(newline: str) -> None:
    done = _complete(f"y = $0{newline}")
    # The closing bracket is ours and has no token.
    assert done.text == "f(größe)"
    assert [done.text[p.start : p.end] for p in done.pieces] == ["f(", "größe"]
    assert [p.probability for p in done.pieces] == pytest.approx([0.6, 0.7], abs=0.01)
