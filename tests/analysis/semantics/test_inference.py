"""What a receiver is inferred to be: fixtures through the whole provider.

A fixture holds cases: ``#? TIER [type='…'] [has=a,b] [lacks=a,b]``, then the source with ``$0`` at
the hole. ``type`` is the answer's receiver type, its union members in the order of the alphabet.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "inference"
_OPTION = re.compile(r"(?P<name>type|has|lacks)=(?:'(?P<quoted>[^']*)'|(?P<plain>\S+))")


def _cases() -> list[tuple[str, str, str]]:
    found = []
    for path in sorted(FIXTURES.glob("*.py")):
        for part in re.split(r"^#\? ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            expected, _, source = part.partition("\n")
            found.append((path.stem, expected, source.rstrip("\n")))
    return found


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(str(tmp_path_factory.mktemp("workspace")), python=sys.executable)


@pytest.mark.parametrize(
    ("expected", "source"),
    [(expected, source) for _, expected, source in _cases()],
    ids=[f"{stem}-{index}" for index, (stem, _, _) in enumerate(_cases())],
)
def test_inference(
    provider: ReferenceProvider, workspace: Workspace, expected: str, source: str
) -> None:
    offset = source.index("$0")
    text = source.replace("$0", "", 1)
    snapshot = Snapshot(str(Path(workspace.root) / "case.py"), text, workspace)
    answer = provider.names(snapshot, hole_at(text, offset), Deadline.after(60))
    wanted = {m["name"]: m["quoted"] or m["plain"] for m in _OPTION.finditer(expected)}
    shown = f"{source}\n-> {answer.tier}: {answer.receiver_type}: {answer.reason}"
    assert answer.tier.value == expected.split()[0], shown
    if "type" in wanted:
        assert " | ".join(sorted(answer.receiver_type.split(" | "))) == wanted["type"], shown
    names = answer.spellings()
    assert set(wanted.get("has", "").split(",")) - {""} <= names, shown
    assert not set(wanted.get("lacks", "").split(",")) & names, shown


def test_the_places_of_a_class_share_what_is_inferred(
    provider: ReferenceProvider, workspace: Workspace
) -> None:
    methods = ("def f(self):", "    a = self", "    b = a", "def g(self):", "    c = self")
    text = "class A:\n" + "".join(f"    {line}\n" for line in methods)
    snapshot = Snapshot(str(Path(workspace.root) / "shared.py"), text, workspace)
    session = provider._jedi._session(text, snapshot, provider.environment(workspace))
    first, second, other = (session.context_of(session.leaf_at(n, 8)) for n in (3, 4, 6))
    assert first is second
    assert first.instance is other.instance
