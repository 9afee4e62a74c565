"""Expected types, relevant types and relevant headers, from the cases in tests/fixtures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.holes.context import HoleContext
from analysis.holes.query import HoleQuery
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "typed_holes"


@dataclass(frozen=True)
class Case:
    """A text with its cursor as ``$0``, and what its first lines say must hold."""

    place: str
    said: tuple[str, ...]
    source: str


def _cases() -> list[Case]:
    cases = []
    for path in sorted(FOLDER.glob("*.py")):
        text = path.read_text()
        for match in re.finditer(r"^#\? expect", text, re.MULTILINE):
            body = text[match.start() :].split("\n#? expect")[0]
            said = re.findall(r"^#\? (.+)$", body, re.MULTILINE)
            source = re.sub(r"^#\? .+\n", "", body, flags=re.MULTILINE)
            line = text.count("\n", 0, match.start()) + 1
            cases.append(Case(f"{path.name}:{line}", tuple(said), source))
    return cases


CASES = _cases()


def ask(provider: ReferenceProvider, source: str, budget: int = 4000) -> HoleContext:
    text = source.replace("$0", "")
    snapshot = Snapshot("", text, Workspace("/nowhere"))
    query = HoleQuery(snapshot, source.index("$0"), types=True, headers=True, budget=budget)
    # What is known is asked here, not what is known in time: a busy machine would cut it short.
    return query.answer(provider, Deadline.never())


@pytest.mark.parametrize("case", CASES, ids=[case.place for case in CASES])
def test_what_is_known_of_a_hole(provider: ReferenceProvider, case: Case) -> None:
    context = ask(provider, case.source)
    expected, shown = context.expected, f"{case.place}\n{case.source}\n{context}"
    said = f"expect {expected.type or 'nothing'}"
    said += f" from {expected.source}" if expected.source != "none" else ""
    said += f" of {expected.of}" if expected.of else ""
    assert said == case.said[0], shown
    headers = {h.name: h.fit for h in context.headers}
    wanted = [line.split()[1:] for line in case.said if line.startswith("header ")]
    found = [[name, fit] for name, fit in headers.items() if [name, fit] in wanted]
    assert found == wanted, shown
    for line in case.said:
        if line.startswith("no header "):
            assert line.removeprefix("no header ") not in headers, shown
        elif line.startswith("type "):
            names = [one.name.rpartition(".")[2] for one in context.types]
            assert line.removeprefix("type ") in names, shown


@pytest.mark.parametrize("budget", [1, 60, 300, 1500])
def test_a_budget_is_kept(provider: ReferenceProvider, budget: int) -> None:
    (case,) = [case for case in CASES if "class Shop" in case.source]
    context = ask(provider, case.source, budget)
    assert sum(len(one.definition) for one in context.types) <= budget
    assert sum(len(h.name) + len(h.header) for h in context.headers) <= budget
    whole = ask(provider, case.source)
    kept, every = [h.name for h in context.headers], [h.name for h in whole.headers]
    assert kept == [name for name in every if name in kept]
    assert bool(context.omitted) == (budget < 1500)


def test_a_type_of_another_file_and_what_is_unsaved(
    provider: ReferenceProvider, tmp_path: Path
) -> None:
    (tmp_path / "shapes.py").write_text("class Shape:\n    old: int\n")
    unsaved = "class Shape:\n    new: str\n    def turn(self) -> 'Shape': ...\n"
    text = "from shapes import Shape\ndef f(s: Shape) -> Shape:\n    return \n"
    snapshot = Snapshot(str(tmp_path / "a.py"), text, Workspace(str(tmp_path)))
    query = HoleQuery(snapshot, len(text) - 1, types=True, headers=True)
    context = query.answer(provider, Deadline.after(60))
    assert context.expected.classes == ("shapes.Shape",)
    assert context.types[0].definition == "class Shape:\n    old: int"
    assert context.types[0].path == str(tmp_path / "shapes.py")
    (tmp_path / "shapes.py").write_text(unsaved)
    context = query.answer(provider, Deadline.after(60))
    assert "new: str" in context.types[0].definition
    assert "s.turn" in [h.name for h in context.headers]


def test_nothing_is_answered_late(provider: ReferenceProvider) -> None:
    source = "import os, typing\ndef f(x: int) -> str:\n    return $0"
    snapshot = Snapshot("", source.replace("$0", ""), Workspace("/nowhere"))
    query = HoleQuery(snapshot, source.index("$0"), types=True, headers=True)
    context = query.answer(provider, Deadline.after(0))
    assert len(context.headers) <= 1


@pytest.mark.slow
def test_broken_code_is_no_trouble(provider: ReferenceProvider) -> None:
    """Every cut of a real program is answered, whatever is left of it."""
    (case,) = [case for case in CASES if "class Shop" in case.source]
    for end in range(0, len(case.source), 7):
        cut = case.source.replace("$0", "self")[:end]
        assert ask(provider, f"{cut}$0").expected is not None
