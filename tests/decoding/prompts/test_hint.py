"""The hint at the start of a prompt: what it lists, when it is formed, and when it stays."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.holes.context import ExpectedType, HoleContext, RelevantHeader
from analysis.names import (
    Arguments,
    Name,
    NameSet,
    Parameter,
    ParameterKind,
    Signature,
    Tier,
    arity_of,
)
from analysis.snapshot import Snapshot, Workspace
from decoding.errors import CancelledError
from decoding.local_writer import LocalWriter
from decoding.prompts.hint import HintRules, Part, hint_for, member_line, ranked
from decoding.writer import InfillRequest
from tests.decoding.toy import Facts, Toy

PREFIX, SUFFIX, MIDDLE = 0, 1, 2


class FillingToy(Toy):
    """A toy that fills in the middle: the bytes 0, 1 and 2 are its control tokens."""

    def control_tokens(self) -> dict[str, int]:
        return {"<|fim_prefix|>": PREFIX, "<|fim_suffix|>": SUFFIX, "<|fim_middle|>": MIDDLE}

    def start_tokens(self) -> tuple[int, ...]:
        return ()

    def last_token(self) -> int:
        return -1

    def fill_tokens(self) -> dict[str, int]:
        return {}

    @property
    def before(self) -> str:
        """What the prompt in the cache holds before the cursor."""
        held = self.evaluated()
        return bytes(held[1 : held.index(SUFFIX)]).decode()


def known(*names: str, tier: Tier = Tier.CLOSED, type: str = "Console") -> NameSet:  # noqa: A002
    return NameSet("attribute", tier, "a class", tuple(map(Name, names)), type)


def by_byte(text: str) -> list[int]:
    return list(text.encode())


def _hint(
    text: str, facts: Facts, *, seconds: float = 30.0, rules: HintRules | None = None
) -> str | None:
    before, after = text.split("$0")
    snapshot = Snapshot("/a.py", before + after, Workspace("/"))
    return hint_for(
        snapshot,
        len(before),
        facts,
        rules or HintRules(tokens=200),
        by_byte,
        Deadline.after(seconds),
        Cancellation(),
    )


def test_members_that_share_words_with_the_text_come_first_then_own_ones() -> None:
    names = [
        Name("bell", origin="base"),
        Name("clear", origin="own"),
        Name("rule", origin="own"),
        Name("print", origin="own"),
        Name("saveHTML", origin="base"),
        Name("_hidden", origin="own"),
        Name("__init__", origin="own"),
    ]
    assert ranked(names, "html = x.") == ["saveHTML", "clear", "print", "rule", "bell"]
    assert ranked(names, "") == ["clear", "print", "rule", "bell", "saveHTML"]


@pytest.mark.parametrize("budget", range(0, 40, 3))
def test_a_line_holds_its_budget(budget: int) -> None:
    line = member_line(known("alpha", "beta", "gamma"), "", "", budget, by_byte)
    assert len(line) <= budget
    assert line in "Console: alpha, beta, gamma"


def test_what_is_known_of_the_receiver_is_listed() -> None:
    assert _hint("c.$0\n", Facts({"c": known("rule", "bell")})) == "Console: bell, rule"
    assert _hint("c.$0\n", Facts({"c": known("rule", tier=Tier.OPEN)})) == "Console: rule"


def test_members_are_not_listed_where_the_model_sees_how_the_class_is_used() -> None:
    console, module = known("rule", "bell", "print"), known("rule", "bell", type="module console")
    facts = Facts({"c": console, "m": module})
    assert _hint("c.rule()\nc.$0\n", facts) == "Console: rule, bell, print"
    assert _hint("c.rule()\nc.$0\nc.bell()\n", facts) == ""
    assert _hint("c.rule()\nm.$0\nm.bell()\n", facts) == "module console: rule, bell"
    far = "x = 1\n" * 300
    assert _hint(f"c.rule()\nc.bell()\n{far}c.$0\n", facts) == "Console: bell, rule, print"
    every = replace(HintRules(tokens=200), acquainted=99)
    assert (_hint("c.rule()\nc.$0\nc.bell()\n", facts, rules=every) or "").startswith("Console: ")


def test_the_class_itself_uses_its_private_names() -> None:
    facts = Facts({"self": known("rule", "_buffer", "__init__"), "c": known("rule", "_buffer")})
    assert _hint("self.$0\n", facts) == "Console: _buffer, rule"
    assert _hint("c.$0\n", facts) == "Console: rule"


def test_nothing_known_is_no_hint() -> None:
    assert _hint("c.$0\n", Facts({})) == ""
    assert _hint("c.$0\n", Facts({"c": known("_private")})) == ""
    assert _hint("c.$0\n", Facts({"c": known("x", type="")})) == ""


def test_other_holes_have_no_hint_and_are_not_asked_about() -> None:
    facts = Facts({"": known("x")})
    assert _hint("$0\n", facts) is None
    assert _hint("# c.$0\n", facts) is None
    assert facts.asked == []


def test_late_evidence_is_no_hint() -> None:
    assert _hint("c.$0\n", Facts({"c": known("rule")}, late=["c"]), seconds=0.03) == ""


def test_evidence_that_fails_is_no_hint() -> None:
    class Failing(Facts):
        def answer_to(self, hole: object) -> NameSet:
            raise ZeroDivisionError

    assert _hint("c.$0\n", Failing({})) == ""


def test_waiting_ends_when_cancelled() -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    snapshot = Snapshot("/a.py", "c.", Workspace("/"))
    facts = Facts({}, late=["c"])
    with pytest.raises(CancelledError):
        hint_for(snapshot, 2, facts, HintRules(), by_byte, Deadline.never(), cancellation)
    assert facts.futures[0].cancelled()


TABLE = {"c.": {"b": 1.0}, "c.b": {"\n": 1.0}, "d.": {"b": 1.0}, "d.b": {"\n": 1.0}}


def _complete(
    writer: LocalWriter, facts: Mapping[str, NameSet] | None, text: str, preamble: str = ""
) -> Facts:
    before, after = text.split("$0")
    request = InfillRequest(
        Snapshot("/a.py", before + after, Workspace("/")), len(before), preamble=preamble
    )
    asked = Facts(facts or {})
    writer.complete(
        request,
        asked if facts is not None else None,
        deadline=Deadline.never(),
        cancellation=Cancellation(),
    )
    return asked


CONSOLES = {"c": known("b", "rule"), "d": known("b", type="Deck")}


def test_a_prompt_begins_with_what_is_known_and_asks_once() -> None:
    toy = FillingToy(TABLE)
    asked = _complete(LocalWriter(toy), CONSOLES, "import x\nc.$0\n")
    assert toy.before == "# Console: b, rule\nimport x\nc."
    assert [hole.receiver_text for _, hole in asked.asked] == ["c"]


def test_without_evidence_the_prompt_is_the_file() -> None:
    toy = FillingToy(TABLE)
    _complete(LocalWriter(toy), None, "c.$0\n")
    assert toy.before == "c."


def test_a_callers_preamble_has_the_place() -> None:
    toy = FillingToy(TABLE)
    _complete(LocalWriter(toy), CONSOLES, "c.$0\n", preamble="a failing test")
    assert toy.before == "# a failing test\nc."


def test_what_a_prompt_began_with_is_told() -> None:
    writer = LocalWriter(FillingToy(TABLE))
    for text, facts, told in (("c.$0\n", CONSOLES, "Console: b, rule"), ("c.b\n$0", None, "")):
        before, after = text.split("$0")
        request = InfillRequest(Snapshot("/a.py", before + after, Workspace("/")), len(before))
        done = writer.complete(
            request,
            Facts(facts) if facts else None,
            deadline=Deadline.never(),
            cancellation=Cancellation(),
        )
        assert done.preamble == told


def test_a_writer_that_forgot_everything_begins_anew() -> None:
    toy = FillingToy(TABLE)
    writer = LocalWriter(toy)
    _complete(writer, CONSOLES, "x = c.$0\n")
    writer.forget(cache=False)
    assert toy.evaluated()
    writer.forget()
    assert not toy.evaluated()
    _complete(writer, CONSOLES, "x = c.b + d.$0\n")
    assert toy.before == "# Deck: b\nx = c.b + d."


def test_typing_on_keeps_the_hint() -> None:
    toy = FillingToy(TABLE)
    writer = LocalWriter(toy)
    _complete(writer, CONSOLES, "x = c.$0\n")
    toy.computed = 0
    _complete(writer, CONSOLES, "x = c.b + d.$0\n")
    assert toy.before == "# Console: b, rule\nx = c."
    assert toy.computed < 20


def test_a_hint_is_not_worth_reading_a_long_prompt_again() -> None:
    toy = FillingToy(TABLE)
    writer = LocalWriter(toy)
    above = "".join(f"line_{i} = {i}\n" for i in range(20))
    _complete(writer, CONSOLES, above + "c.$0\n")
    toy.computed = 0
    # Further down, what is above is in the cache already.
    _complete(writer, CONSOLES, above + "c.b\nd.$0\n")
    assert toy.before.startswith("# Console: b, rule\nline_0")
    assert toy.computed < 60


def test_in_another_place_there_is_another_hint() -> None:
    toy = FillingToy(TABLE)
    writer = LocalWriter(toy)
    _complete(writer, CONSOLES, "c.$0\n")
    _complete(writer, CONSOLES, "other = 1\n" * 30 + "d.$0\n")
    assert toy.before.startswith("# Deck: b\n")


def test_what_the_file_uses_comes_first_even_a_private_name_and_constants_last() -> None:
    names = [Name("bell"), Name("WIDE"), Name("rule"), Name("_raw"), Name("_other")]
    assert ranked(names, "c.", "x.rule()\ny._raw\n") == ["_raw", "rule", "bell", "WIDE"]


def test_an_import_is_hinted_by_the_names_that_lack_it() -> None:
    module = NameSet(
        "import_member",
        Tier.CLOSED,
        "",
        (Name("b"), Name("c"), Name("d")),
        "module x",
        wanted=("c", "b"),
    )
    assert _hint("from x import $0\nb(c)\n", Facts({"x": module})) == "module x: c, b"
    assert _hint("from x import $0\n", Facts({"x": replace(module, wanted=())})) == ""


def test_a_call_is_hinted_by_what_it_can_still_be_given() -> None:
    signature = Signature(
        (
            Parameter("url"),
            Parameter("timeout", required=False),
            Parameter("verify", ParameterKind.KEYWORD_ONLY, required=False),
            Parameter("rest", ParameterKind.VAR_KEYWORD, required=False),
        )
    )
    given = Arguments(1, ("timeout",))
    arity = arity_of([signature], given, closed=True, reason="")
    call = NameSet("keyword", Tier.CLOSED, "", (Name("verify"),), "get", arity=arity)
    assert _hint("get(u, timeout=1, $0)\n", Facts({"get": call})) == "get(verify, **rest)"
    many = Signature(tuple(Parameter(f"p{n}", required=False) for n in range(20)))
    long = replace(call, arity=arity_of([many], Arguments(1), closed=True, reason=""))
    assert _hint("get(u, $0)\n", Facts({"get": long})) == ("get(p1, p2, p3, p4, p5, p6, p7, p8)")
    unsure = replace(call, arity=replace(arity, closed=False))
    assert _hint("get(u, timeout=1, $0)\n", Facts({"get": unsure})) == ""


class Knowing(Facts):
    """Facts that also know what is around."""

    def __init__(self, known: Mapping[str, NameSet], context: HoleContext) -> None:
        super().__init__(known)
        self.context = context
        self.seconds: list[float] = []

    def around(self, snapshot: Snapshot, offset: int, seconds: float) -> Future[HoleContext]:
        self.seconds.append(seconds)
        future: Future[HoleContext] = Future()
        future.set_result(self.context)
        return future


CONTEXT = HoleContext(
    ExpectedType("Card", "return", classes=("m.Card",)),
    headers=(RelevantHeader("d.top", "def top() -> Card", "Card", "same"),),
)
PARTS = frozenset({Part.EXPECTED, Part.HEADERS})


def test_what_is_around_is_told_where_the_rules_want_it() -> None:
    facts = Knowing({"d": known("b", "top", type="Deck")}, CONTEXT)
    rules = HintRules(parts=PARTS, tokens=200, part_tokens=200)
    assert _hint("x = $0\n", facts, rules=rules) == "expected Card\nd.top() -> Card"
    # Behind a dot what fits comes first among the members instead.
    assert _hint("x = d.$0\n", facts, rules=rules) == "Deck: top, b\nexpected Card"
    assert all(0 < seconds <= 30 for seconds in facts.seconds)
    facts.seconds.clear()
    assert _hint("import $0\n", facts, rules=rules) == ""
    assert _hint("# $0\n", facts, rules=rules) is None
    assert _hint("x = $0\n", facts) is None
    assert facts.seconds == []


def test_evidence_that_knows_nothing_around_is_not_asked() -> None:
    assert _hint("x = $0\n", Facts({}), rules=HintRules(parts=PARTS)) is None
