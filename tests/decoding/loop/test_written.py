"""What each token of a text stands for, also where one ends inside a character."""

from __future__ import annotations

from decoding.loop.decode_state import TokenBuffer
from decoding.writer import TokenSpan, Written


def _written(*pieces: bytes) -> Written:
    script = TokenBuffer()
    for number, piece in enumerate(pieces):
        script.append(number, piece, -float(number))
    return Written(script.text, spans=tuple(script.spans(len(pieces))))


def test_a_token_that_ends_inside_a_character_stands_for_nothing_and_the_next_for_all() -> None:
    smile = "😀".encode()
    written = _written(b"a = '", smile[:2], smile[2:], b"'")
    assert written.text == "a = '😀'"
    assert [(span.start, span.end) for span in written.spans] == [(0, 5), (5, 5), (5, 6), (6, 7)]
    # Both are tokens of the text that holds the character.
    assert [span.logprob for span in written.within(5, 6)] == [-1.0, -2.0]


def test_what_is_cut_to_a_part_of_the_text_is_in_its_code_points() -> None:
    written = _written(b"ab", b"cd", b"ef")
    assert written.within(1, 3) == [TokenSpan(1, 2, -0.0), TokenSpan(2, 3, -1.0)]
    assert written.within(2, 2) == []


def test_what_was_cut_off_again_stands_for_nothing() -> None:
    script = TokenBuffer()
    for number, piece in enumerate((b"x.", b"push", b"(")):
        script.append(number, piece, -0.5)
    script.cut(1)
    script.append(7, b"pop", -0.25)
    assert script.spans(2) == [TokenSpan(0, 2, -0.5), TokenSpan(2, 5, -0.25)]
    assert script.probability(2, 5) == 2.718281828459045**-0.25
