"""Whether calls fit signatures: compared with what Python itself says."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.names import (
    Arguments,
    Parameter,
    ParameterKind,
    Signature,
    arity_of,
    misfit,
)

_ORDER = list(ParameterKind)
_INSPECT = {
    ParameterKind.POSITIONAL_ONLY: inspect.Parameter.POSITIONAL_ONLY,
    ParameterKind.EITHER: inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ParameterKind.VAR_POSITIONAL: inspect.Parameter.VAR_POSITIONAL,
    ParameterKind.KEYWORD_ONLY: inspect.Parameter.KEYWORD_ONLY,
    ParameterKind.VAR_KEYWORD: inspect.Parameter.VAR_KEYWORD,
}


@st.composite
def signatures(draw: st.DrawFn) -> Signature:
    kinds = sorted(draw(st.lists(st.sampled_from(_ORDER), max_size=6)), key=_ORDER.index)
    found: list[Parameter] = []
    optional = False
    for number, kind in enumerate(kinds):
        collects = kind in (ParameterKind.VAR_POSITIONAL, ParameterKind.VAR_KEYWORD)
        if collects and kind in (p.kind for p in found):
            continue
        required = not collects and draw(st.booleans())
        if kind in (ParameterKind.POSITIONAL_ONLY, ParameterKind.EITHER):
            optional = optional or not required
            required = required and not optional
        found.append(Parameter(f"p{number}", kind, required))
    return Signature(tuple(found))


def real(signature: Signature) -> inspect.Signature:
    return inspect.Signature(
        [
            inspect.Parameter(
                p.name,
                _INSPECT[p.kind],
                default=inspect.Parameter.empty
                if p.required or p.kind in (ParameterKind.VAR_POSITIONAL, ParameterKind.VAR_KEYWORD)
                else 0,
            )
            for p in signature.parameters
        ]
    )


@given(signatures(), st.integers(0, 5), st.sets(st.sampled_from(["p0", "p1", "p2", "p3", "p4"])))
def test_a_misfit_is_what_python_refuses(
    signature: Signature, positional: int, keywords: set[str]
) -> None:
    filled = {p.name for p in signature.positional[:positional]}
    known = {k for k in keywords if k in signature.keywords} - filled
    arguments = Arguments(positional, tuple(sorted(known)))
    try:
        real(signature).bind(*range(positional), **dict.fromkeys(known, 0))
    except TypeError:
        assert misfit(signature, arguments) is not None
    else:
        assert misfit(signature, arguments) is None


@pytest.mark.parametrize(
    ("arguments", "more", "missing"),
    [
        (Arguments(), 2, ("a",)),
        (Arguments(1), 1, ()),
        (Arguments(2), 0, ()),
        (Arguments(0, ("a",)), 0, ()),
        (Arguments(0, ("b",)), 1, ("a",)),
        (Arguments(unpacked=True), 2, ()),
    ],
)
def test_what_may_and_must_still_come(
    arguments: Arguments, more: int, missing: tuple[str, ...]
) -> None:
    signature = Signature((Parameter("a"), Parameter("b", required=False)))
    arity = arity_of([signature], arguments, closed=True, reason="")
    assert (arity.more, arity.missing) == (more, missing)


def test_of_several_signatures_the_most_generous_counts() -> None:
    one = Signature((Parameter("a"),))
    three = Signature((Parameter("a"), Parameter("b"), Parameter("c")))
    arity = arity_of([one, three], Arguments(1), closed=True, reason="")
    assert (arity.more, arity.missing) == (2, ())
    arity = arity_of([one, three], Arguments(2), closed=True, reason="")
    assert (arity.more, arity.missing) == (1, ("c",))
    assert arity_of([one, Signature((Parameter("r", ParameterKind.VAR_POSITIONAL),))],
                    Arguments(5), closed=True, reason="").more == -1  # fmt: skip


def test_keywords_that_are_still_free() -> None:
    one = Signature((Parameter("a"), Parameter("b", required=False)))
    two = Signature((Parameter("a"), Parameter("c", ParameterKind.KEYWORD_ONLY)))
    arity = arity_of([one, two], Arguments(1, ("c",)), closed=True, reason="")
    assert arity.keywords == ("b",)
    assert arity_of([one], Arguments(0), closed=True, reason="").keywords == ("a", "b")
