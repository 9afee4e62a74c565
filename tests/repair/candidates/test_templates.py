"""Each family of templates fixes a mistake of its kind; and where mistakes are looked for."""

from __future__ import annotations

import ast

import pytest

from repair.candidates.registry import generate
from repair.candidates.templates.registry import mutations
from repair.localization import Suspicion, blocks, localize
from repair.sandbox.run import FailedTest, Outcome, TestResult
from repair.source.file import Source, read_source

#: Kind, the wrong and the right body of a function of ``a`` and ``b``; ``|`` parts lines.
CASES = [
    ("comparison", "return a < b", "return a <= b"),
    ("swapped operands", "return a - b", "return b - a"),
    ("superfluous operand", "return a + b * 2", "return a + b"),
    ("boolean", "return a and b", "return a or b"),
    ("missing negation", "if a:|    return b|return 1", "if not a:|    return b|return 1"),
    ("constant", "return a * 3", "return a * 4"),
    ("off by one", "return a[b]", "return a[b - 1]"),
    ("string", 'return a.split(",")', 'return a.split(", ")'),
    ("variable", "return a + a", "return a + b"),
    ("attribute", "return a.lower()", "return a.upper()"),
    (
        "exception",
        "try:|    f(a)|except KeyError:|    pass",
        "try:|    f(a)|except ValueError:|    pass",
    ),
    ("swapped arguments", "return f(a, b)", "return f(b, a)"),
    ("missing call", "return a + b", "return a + len(b)"),
    ("superfluous call", "return str(a)", "return a"),
    ("clamp", "return a - b", "return max(a - b, 0)"),
    ("index", "return a[0]", "return a[-1]"),
    ("slice", "return a", "return a[:]"),
    ("range", "return list(range(a))", "return list(range(1, a + 1))"),
    ("swapped elements", "return a, b", "return b, a"),
    ("container", "seen = []|return seen", "seen = set()|return seen"),
    ("missing condition", "return [x for x in a]", "return [x for x in a if x]"),
    ("missing return", "f(a)", "return f(a)"),
    ("lost result", "a.strip()|return a", "a = a.strip()|return a"),
    ("yield", "yield a", "yield from a"),
    ("statement order", "x = a|y = b|return x", "y = b|x = a|return x"),
    ("statement depth", "for x in a:|    b += x|    return b", "for x in a:|    b += x|return b"),
    ("superfluous statement", "a += 1|return a", "return a"),
    ("jump", "for x in a:|    break", "for x in a:|    continue"),
    ("assignment", "a = b|return a", "a += b|return a"),
    ("accumulation", "a[b] = 1", "a[b] = a.get(b, 0) + 1"),
    ("missing base case", "return f(a)", "if not a:|    return []|return f(a)"),
    ("null guard", "if a.b:|    return 1", "if a is not None and a.b:|    return 1"),
    ("missing term", "return f(a)", "return f(a - b)"),
    ("missing assignment", "c = 0|while a:|    a = f(a)", "c = 0|while a:|    c = a|    a = f(a)"),
    ("missing statement", "n = 0|while f(n):|    f(a)", "n = 0|while f(n):|    n += 1|    f(a)"),
    ("expression", "x = a[0]|y = a[1]|return f(a[0])", "x = a[0]|y = a[1]|return f(a[1])"),
    ("none check", "if not a:|    return b|return 1", "if a is None:|    return b|return 1"),
    ("branch order", "if a:|    b = 1|if b:|    b = 2", "if b:|    b = 2|if a:|    b = 1"),
    ("missing copy", "a.b = b", "a.b = dict(b)"),
    ("missing copy", "return a.b", "return list(a.b)"),
    ("missing copy", "for x in a:|    a.remove(x)", "for x in list(a):|    a.remove(x)"),
    ("missing copy", "for x in a:|    del a[x]", "for x in list(a):|    del a[x]"),
    ("zone", "return a.replace(tzinfo=b)", "return a.astimezone(b)"),
    ("zone", "return datetime.now()|timezone", "return datetime.now(timezone.utc)|timezone"),
    ("span", "return (a - b).seconds", "return (a - b).total_seconds()"),
    ("rounding", "return round(a) * b", "return round(a * b)"),
    ("rounding", "return round(a * b)", "return round(a) * b"),
    ("rounding", "return int(a)", "return round(a)"),
    (
        "missing element",
        'b = "skipped"|return a in ("failed", "lost")',
        'b = "skipped"|return a in ("failed", "lost", "skipped")',
    ),
    ("superfluous operand", "return (-a) ** 2 * b", "return (-a) ** b"),
    ("superfluous statement", "x = a|y = b|z = 1|return z", "z = 1|return z"),
    ("missing normalisation", "x = a|return b[x]", "a = a.lower()|x = a|return b[x]"),
    ("missing step", "while a > b:|    f(b)", "while a > b:|    f(b)|    a -= 1"),
    (
        "missing step",
        "n, d = f(a)|while d:|    a += n",
        "n, d = f(a)|while d:|    a += n|    d -= 1",
    ),
    ("slice", "return f(a)", "return f(a[b:])"),
    ("clamp", "x = a.end|return f(b.end)", "x = a.end|return f(max(a.end, b.end))"),
    (
        "missing jump",
        "for x in a:|    if x:|        f(x)|    g(x)",
        "for x in a:|    if x:|        f(x)|        continue|    g(x)",
    ),
    ("swapped operands", "return 2 * a / b", "return 2 * b / a"),
    ("missing term", "return g(a, b[0])", "return g(a + (b,), b[0])"),
    (
        "missing condition",
        "c = 1|if a not in b:|    b[a] = c",
        "c = 1|if a not in b or c < b[a]:|    b[a] = c",
    ),
    ("comparison everywhere", "return a < b and b < 3", "return a <= b and b <= 3"),
]


def _function(body: str, head: str = "def g(a, b):") -> str:
    return head + "\n" + "".join(f"    {line}\n" for line in body.split("|"))


def _proposed(text: str) -> dict[str, str]:
    """The strategies by the text they lead to, compared by syntax."""
    source = read_source("/w/m.py", text.encode())
    everywhere = Suspicion(dict.fromkeys(range(2, text.count("\n") + 1), 1.0))
    return {
        _shape(source.apply(candidate.edits)): candidate.strategy
        for candidate in generate(source, everywhere)
    }


def _shape(text: str) -> str:
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return text


@pytest.mark.parametrize(
    ("kind", "wrong", "right"), CASES, ids=[f"{case[0]}: {case[2]}" for case in CASES]
)
def test_a_mistake_of_its_kind_is_fixed(kind: str, wrong: str, right: str) -> None:
    assert _shape(_function(right)) in _proposed(_function(wrong))


def test_methods_and_coroutines() -> None:
    coroutine = _function("return f(a)", "async def g(a, b):")
    assert _shape(coroutine.replace("f(a)", "await f(a)")) in _proposed(coroutine)
    method = "class C:\n    def g(self, a):\n        self.a = a\n        return a + self.b\n"
    assert _shape(method.replace("return a", "return self.a")) in _proposed(method)


def test_what_a_class_owes_its_bases() -> None:
    base = "class B:\n    def g(self, a, *, c):\n        self.a = a + c\n\n\n"
    wrong = base + "class C(B):\n    def g(self, a, b, *, c):\n        self.b = b\n"
    right = wrong.replace("        self.b", "        super().g(a, c=c)\n        self.b")
    assert _shape(right) in _proposed(wrong)
    unknown = "class C(other.B):\n    def __init__(self, a):\n        self.b = 1\n"
    called = unknown.replace("        self.b", "        super().__init__(a)\n        self.b")
    assert _shape(called) in _proposed(unknown)


def test_functions_and_parameters_of_the_file_are_at_hand() -> None:
    rest = "\n\ndef clean(text):\n    return text\n\n\ndef put(key, count, unit=None):\n    pass\n"
    wrong = "def g(a, b):\n    x = b.unit\n    put(a, 1)\n    return b[a]\n" + rest
    for old, new in (("b[a]", "b[clean(a)]"), ("put(a, 1)", "put(a, 1, b.unit)")):
        assert _shape(wrong.replace(old, new)) in _proposed(wrong)


def test_a_parameter_that_nothing_reads_is_tried_before_names_that_are_read() -> None:
    text = "def g(a, b, c):\n    d = a + b\n    if d:\n        d += b\n    return d\n"
    source = read_source("/w/m.py", text.encode())
    everywhere = Suspicion(dict.fromkeys(range(1, 6), 1.0))
    edits = [c.edits[0] for c in generate(source, everywhere) if len(c.edits) == 1]
    names = [e.new for e in edits if e.start == text.index("d:") and e.new in ("a", "b", "c")]
    assert names[0] == "c"


def test_coroutines_wait_for_loops_and_contexts() -> None:
    wrong = "async def g(a, b):\n    with a:\n        for x in b:\n            f(x)\n"
    assert _shape(wrong.replace("with", "async with")) in _proposed(wrong)
    assert _shape(wrong.replace("for", "async for")) in _proposed(wrong)


def test_formatting_outside_of_the_edit_is_kept() -> None:
    text = "def g( a,b ):   # keep\r\n\treturn a  <  b   # this too\r\n"
    source = read_source("/w/m.py", text.encode())
    texts = {source.apply(c.edits) for c in generate(source, Suspicion({2: 1.0}))}
    assert text.replace("<", "<=") in texts


def test_nothing_is_proposed_where_nothing_is_suspicious_or_nothing_parses() -> None:
    source = read_source("/w/m.py", b"def g(a):\n    return a < 1\n")
    assert generate(source, Suspicion({})) == []
    broken = read_source("/w/m.py", b"def g(a:\n    return a < 1\n")
    assert generate(broken, Suspicion({2: 1.0})) == []


def test_symptoms_change_the_order() -> None:
    source = read_source("/w/m.py", b"def g(a, b):\n    if a.b:\n        return a[b]\n")
    lines = Suspicion({2: 1.0, 3: 1.0})

    def first(symptom: str) -> int:
        found = generate(source, lines, frozenset({symptom}))
        return next(i for i, c in enumerate(found) if c.strategy == "template: null guard")

    assert first("AttributeError") < first("AssertionError")


# ---------------------------------------------------------------------- where

PROGRAM = """\
def g(a):
    if a:
        x = 1
    else:
        x = 2
    return x
"""


def _source() -> Source:
    return read_source("/w/m.py", PROGRAM.encode())


def _result(name: str, outcome: Outcome, lines: set[int], at: int = 0) -> TestResult:
    failure = FailedTest("AssertionError", lines=(at,) if at else ()) if outcome.bad else None
    return TestResult(name, outcome, 0.01, failure, frozenset(lines))


def test_a_line_that_only_failing_tests_run_is_the_most_suspicious() -> None:
    results = [
        _result("bad", Outcome.FAILED, {2, 5, 6}),
        _result("good", Outcome.PASSED, {2, 3, 6}),
        _result("fine", Outcome.PASSED, {2, 3, 6}),
    ]
    suspicion = localize(_source(), results)
    assert suspicion.ranked()[0] == 5
    assert suspicion.of(3, 3) == 0
    assert blocks(suspicion)[0] == (4, 4, 1.0)


def test_the_place_of_the_exception_counts() -> None:
    results = [_result("bad", Outcome.FAILED, {2, 5, 6}, at=6)]
    assert localize(_source(), results).ranked()[0] == 6


def test_where_nothing_was_seen_every_line_is_suspect() -> None:
    suspicion = localize(_source(), [_result("bad", Outcome.FAILED, set())])
    assert set(suspicion.lines) == {2, 3, 4, 5, 6}


def test_a_number_that_is_near_for_two_reasons_is_as_likely_as_for_the_better_one() -> None:
    text = "def f(x):\n    y = 1\n    return x + y + 2\n"
    source = Source("m.py", text)
    found = {
        source.apply(c.edits): c.value
        for c in generate(source, Suspicion({2: 1.0, 3: 1.0}))
        if c.strategy == "template: constant"
    }
    assert found[text.replace("2", "1")] == found[text.replace("2", "3")] == 0.5


def test_of_too_many_candidates_the_best_are_kept() -> None:
    """A large file has a million; making all of them takes longer than a search."""
    lines = [f"    v{i} = v{i + 1} + {i}\n" for i in reversed(range(11))]
    text = "def f(v11):\n" + "".join(lines) + "    return [v0, v1][v2]\n"
    source = Source("m.py", text)
    where = Suspicion({line: 1.0 / line for line in range(2, 15)})
    for symptoms in (frozenset[str](), frozenset({"IndexError"})):
        everything = generate(source, where, symptoms)
        best = generate(source, where, symptoms, most=400)
        assert len(everything) > 2000
        assert len(best) == 400
        sure = {(c.edits, c.strategy) for c in everything if c.value > everything[200].value}
        assert sure == {(c.edits, c.strategy) for c in best if c.value > everything[200].value}


@pytest.mark.parametrize("most", [40, 100])
def test_of_too_many_candidates_each_is_whole(most: int) -> None:
    """The parts of an edit may stand where edits of their own are not worth being made."""
    text = (
        "class C:\n    seen = []\n    def __init__(self, a):\n        self.a = a\n"
        "    def f(self, a):\n        try:\n            b = int(a)\n"
        "            self.a = b + self.a\n        except ValueError:\n            return 0\n"
        "        return self.seen[self.a]\n"
    )
    source = read_source("/w/m.py", text.encode())
    where = Suspicion({4: 0.001, 6: 0.001, 8: 1.0, 11: 0.9})
    everything = {c.edits: c.strategy for c in generate(source, where)}
    found = {"template: statement depth", "template: swapped operands"} & set(everything.values())
    assert len(found) == 2
    best = generate(source, where, most=most)
    assert {c.edits: c.strategy for c in best}.items() <= everything.items()


def test_candidates_that_were_found_until_it_is_stopped_are_all() -> None:
    source = Source("m.py", "def f(x, y):\n    return x + y + 2\n")
    asked = iter([True, True, False])
    found = generate(source, Suspicion({2: 1.0}), go_on=lambda: next(asked))
    assert 1 <= len(found) <= 3


@pytest.mark.slow
def test_of_a_large_file_all_templates_look_at_the_most_suspicious_places_first() -> None:
    text = "def f(a, b):\n" + 1100 * "    a = b\n" + "    return a\n"
    source = read_source("/w/m.py", text.encode())
    blamed = {5, 505, 1005}
    lines = {line: 0.1 + line * 1e-5 for line in range(1, text.count("\n") + 1)}
    lines |= dict.fromkeys(blamed, 1.0)
    made = [c for c in mutations(source, Suspicion(lines), {}, 10**9) if "every" not in c.strategy]
    at = [index for index, candidate in enumerate(made) if candidate.line in blamed]
    kinds = {made[index].strategy for index in at}
    assert len(kinds) > 5
    # The first window holds 1,500 of 3,300 nodes: the blamed ones and as many of the others.
    assert max(at) < 0.6 * len(made)
    # Nothing is left out by that.
    assert {c.line for c in made} >= set(range(2, 1100))
