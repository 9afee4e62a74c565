"""Code as it is while it is typed: cut off anywhere, with characters missing."""

from __future__ import annotations

import random
import re
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.names import NameSet, Tier
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at

_SAMPLES = 40


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("cache")))


def _ask(provider: ReferenceProvider, text: str, offset: int) -> NameSet:
    workspace = Workspace(str(Path(textwrap.__file__).parent), python=sys.executable)
    snapshot = Snapshot(textwrap.__file__, text, workspace)
    return provider.names(snapshot, hole_at(text, offset), Deadline.after(60))


def test_a_string_cut_off_in_a_call_of_code_that_the_parser_gave_up(
    provider: ReferenceProvider,
) -> None:
    text = '        """Of a kind.\n        """\n    """\n        raise E("two")\n        a.b("Fou'
    answer = _ask(provider, text, len(text))
    assert (answer.tier, answer.reason) == ((Tier.ABSTAIN, "the parser does not find the callee"))


def test_a_file_cut_off_behind_a_dot(provider: ReferenceProvider) -> None:
    source = Path(textwrap.__file__).read_text(encoding="utf-8")
    dots = [n + 5 for n in range(len(source)) if source.startswith("self.", n)]
    chosen = random.Random(5).sample(dots, _SAMPLES)
    answers = [_ask(provider, source[:offset], offset) for offset in chosen]
    known = [a for a in answers if a.tier is Tier.CLOSED]
    assert len(known) > _SAMPLES // 2, [a.reason for a in answers]
    assert all("__class__" in a.spellings() for a in known)
    assert not [a.reason for a in answers if "jedi failed" in a.reason]


def test_a_name_that_is_not_written_yet_adds_no_member(provider: ReferenceProvider) -> None:
    """What stands on the next line is no member, whatever happens to it there."""
    source = Path(textwrap.__file__).read_text(encoding="utf-8")
    found = list(re.finditer(r"^( +).*self\.(\w+)$", source, re.MULTILINE))
    assert len(found) > 3
    for member in found:
        start = member.start(2)
        whole = _ask(provider, source, start)
        for following in ("strange = 1", "strange += 1", "strange.other = 1", "strange: int = 1"):
            text = f"{source[:start]}\n{member[1]}{following}{source[member.end() :]}"
            names = set(_ask(provider, text, start).spellings())
            assert names <= set(whole.spellings()) | {"other"}


def test_a_file_with_characters_missing(provider: ReferenceProvider) -> None:
    source = Path(textwrap.__file__).read_text(encoding="utf-8")
    chosen = random.Random(6)
    for _ in range(_SAMPLES):
        start = chosen.randrange(len(source))
        text = source[:start] + source[start + chosen.randrange(1, 4) :]
        answer = _ask(provider, text, chosen.randrange(len(text)))
        assert "jedi failed" not in answer.reason


def test_a_name_whose_beginning_is_a_keyword(provider: ReferenceProvider) -> None:
    text = "import os\nx = os.path.is(1)\n"
    answer = _ask(provider, text, text.index("is(") + 2)
    assert "isdir" in answer.spellings()


def test_the_same_receiver_elsewhere_is_a_witness(provider: ReferenceProvider) -> None:
    text = (
        "import json\njson.dumps\njson.patched_in()\n# json.of_a_comment\n'json.of_a_string'\njson."
    )
    answer = _ask(provider, text, len(text))
    origins = {name.name: name.origin for name in answer.names}
    assert origins["patched_in"] == "witness"
    assert origins["dumps"] == "json"
    assert not {"of_a_comment", "of_a_string"} & set(origins)


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_what_follows_the_hole_is_no_witness_for_it(
    provider: ReferenceProvider, blank: str
) -> None:
    text = f"class A:\n    x = 1\n\nA().{blank}invented()\n"
    answer = _ask(provider, text, text.index("A().") + 4)
    assert answer.tier is Tier.CLOSED
    assert "invented" not in answer.spellings()


@pytest.mark.parametrize(("written", "tier"), [(-1, Tier.OPEN), (0, Tier.CLOSED)])
def test_what_a_model_wrote_is_no_witness(
    provider: ReferenceProvider, written: int, tier: Tier
) -> None:
    """Of a class that uses what it lacks a subclass may bring it; a model may just be wrong."""
    before = "class A:\n    def f(self):\n        return "
    text = f"{before}self.invented + self."
    hole = hole_at(text, len(text))
    hole = replace(hole, written=written if written < 0 else len(before))
    answer = provider.names(Snapshot("", text, Workspace("/nowhere")), hole, Deadline.after(60))
    assert answer.tier is tier
    assert ("invented" in answer.spellings()) is (tier is Tier.OPEN)


def test_a_loop_in_the_code_is_no_loop_in_the_answer(provider: ReferenceProvider) -> None:
    text = "class A(B): ...\nclass B(A): ...\ndef f(): return f()\nx = x or f()\nA().y\nf().z\nx."
    for dot in (text.index(".y") + 1, text.index(".z") + 1, len(text)):
        assert _ask(provider, text, dot).tier is not Tier.CLOSED
