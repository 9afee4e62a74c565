from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from decoding.vocabulary import tokens as vocabulary
from decoding.vocabulary.tokens import (
    ANY_END,
    IDENTIFIER_BYTES,
    Constraint,
    Names,
    Vocabulary,
    meet,
)

NAME = st.text(alphabet="abcé_1", min_size=1, max_size=5)
NAMES = st.lists(NAME, min_size=1, max_size=8)
LITERAL = st.sampled_from([b"", b".", b").", b"x."])
BYTES = [bytes([b]) for b in range(256)]


def _words(names: list[str]) -> Vocabulary:
    """Every byte, and tokens that merge names with what stands around them."""
    merged = [
        before + name.encode()[first:last] + after
        for name in names
        for before in (b"", b".", b").")
        for first in (0, 1)
        for last in (2, None)
        for after in (b"", b"(", b".x", b" = ", b"a")
    ]
    return vocabulary.load([*BYTES, *merged, *merged[:3]])


def _constraint(names: list[str], literal: bytes, ends: frozenset[int] = ANY_END) -> Constraint:
    whole = Constraint.over(Names.of(names), ends=ends)
    assert whole is not None
    return whole.behind(literal)


def _allowed(names: list[str], literal: bytes, text: bytes) -> bool:
    """The definition: ``text`` is the beginning of literal + name + an end + anything."""
    for name in {name.encode() for name in names}:
        whole = literal + name
        if whole.startswith(text):
            return True
        if text.startswith(whole) and text[len(whole)] not in IDENTIFIER_BYTES:
            return True
    return False


@settings(deadline=None)
@given(NAMES, LITERAL, st.data())
def test_accepts_exactly_what_it_means_at_any_split(
    names: list[str], literal: bytes, data: st.DataObject
) -> None:
    written = (
        literal
        + data.draw(st.sampled_from(names)).encode()
        + data.draw(st.sampled_from([b"", b"(", b".a", b"a", b"\xc3", b" "]))
    )
    cut = data.draw(st.integers(0, len(written)))
    state: Constraint | None = _constraint(names, literal)
    for piece in (written[:cut], written[cut:]):
        state = state and state.advance(piece)
    assert (state is not None) == _allowed(names, literal, written)


@settings(deadline=None)
@given(NAMES, LITERAL, st.sampled_from([ANY_END, *map(frozenset, (b"=", b" ,("))]), st.data())
def test_the_mask_is_what_advance_says_of_every_token_and_never_empty(
    names: list[str], literal: bytes, ends: frozenset[int], data: st.DataObject
) -> None:
    words = _words(names)
    state = _constraint(names, literal, ends)
    for _ in range(data.draw(st.integers(0, 3))):
        mask = state.mask(words)
        assert mask.any()
        for token, spelled in enumerate(words.tokens):
            assert mask[token] == (bool(spelled) and state.advance(spelled) is not None), spelled
        following = state.advance(
            words.tokens[data.draw(st.sampled_from(mask.nonzero()[0].tolist()))]
        )
        assert following is not None
        state = following


def test_a_narrow_end_is_kept() -> None:
    words = vocabulary.load([*BYTES, b"size=", b"size)", b"="])
    state = Constraint.over(Names.of(["size"]), ends=frozenset(b"="))
    assert state is not None
    assert {words.tokens[i] for i in state.allowed(words)} == {b"s", b"size="}
    done = state.advance(b"size")
    assert done is not None
    assert {words.tokens[i] for i in done.allowed(words)} == {b"="}


def test_what_is_typed_narrows_it_and_nothing_left_is_no_constraint() -> None:
    names = Names.of(["append", "apply", "pop"])
    state = Constraint.over(names, b"app")
    assert state is not None
    assert state.only() is None
    following = state.advance(b"e")
    assert following is not None
    assert following.only() == b"nd"
    assert Constraint.over(names, b"x") is None
    assert Constraint.over(Names.of([])) is None


def test_names_compare_as_python_compares_them() -> None:
    state = Constraint.over(Names.of(["ﬁle"]))
    assert state is not None
    assert state.advance(b"file(") is not None


def test_an_empty_intersection_makes_the_weaker_yield() -> None:
    one = Constraint.over(Names.of(["a", "b"]))
    other = Constraint.over(Names.of(["b", "c"]))
    apart = Constraint.over(Names.of(["x"]))
    assert one is not None
    assert other is not None
    assert apart is not None
    assert meet(one, other).names == Names.of(["b"])
    assert meet(one, apart) is one
    assert meet(one, Constraint(other.names, frozenset(b"="))).ends == ANY_END & frozenset(b"=")


def test_nothing_leaves_only_what_may_end_it() -> None:
    words = _words(["name"])
    end = Constraint.over(Names.nothing(), b"", frozenset(b")"))
    assert end is not None
    assert {words.tokens[token][:1] for token in end.allowed(words).tolist()} == {b")"}
    assert end.advance(b")\n") is not None
    assert end.advance(b"x") is None
    assert meet(end, _constraint(["name"], b"")) == end
