"""Of which kind an answer is, and what an annotation allows."""

from __future__ import annotations

import ast

import pytest

from repair.choice.kinds import kind_of, kinds_told


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("-3", "number"),
        ("2.5", "number"),
        ("nan", "number"),
        ("True", "number"),
        ("(1+2j)", "number"),
        ("'None'", "str"),
        ("b'a'", "bytes"),
        ("[1, 2], leaving [1]", "list"),
        ("(1, 2)", "tuple"),
        ("{1: 2}", "braces"),
        ("None, leaving []", "None"),
        ("NoneSuch{}", ""),
        ("raises ValueError: 1", ""),
        ("takes too long", ""),
        (None, ""),
    ],
)
def test_answers(answer: str | None, kind: str) -> None:
    assert kind_of(answer) == kind


@pytest.mark.parametrize(
    ("annotation", "kinds"),
    [
        ("int", "number"),
        ("list[int]", "list"),
        ("typing.List[str]", "list"),
        ("'str | None'", "str None"),
        ("Optional[Tuple[int, int]]", "tuple None"),
        ("Union[int, dict[str, int], None]", "number braces None"),
        ("None", "None"),
        ("Iterable[int]", ""),
        ("int | Thing", ""),
        ("'1 +'", ""),
    ],
)
def test_annotations(annotation: str, kinds: str) -> None:
    assert kinds_told(ast.parse(annotation, mode="eval").body) == frozenset(kinds.split())


def test_without_an_annotation_nothing_is_told() -> None:
    assert kinds_told(None) == frozenset()
