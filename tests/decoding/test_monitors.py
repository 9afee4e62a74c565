"""Golden cases of the built-in monitors (``tests/fixtures/monitors``).

A case begins with ``#? names: …`` (``-name`` has no value yet; ``/more=`` and
``/missing=`` are what a call still takes, ``/takes=`` the displays that a parameter does,
``/misfits=`` what it does not, ``/builtin=`` the builtin functions that nothing hides), then
code with the cursor ``$0``, then what a model may write: ``#+`` stands, ``#-`` is rejected, ``#~``
cannot be told yet. ``\\n`` and ``\\s`` are escapes; ``|`` at the end says that nothing more is
written.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from analysis.names import (
    NOTHING,
    Accepted,
    Arguments,
    Arity,
    Display,
    Name,
    NameSet,
    Parameter,
    Signature,
    Tier,
    arity_of,
)
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole
from analysis.syntax.holes import calls_at, hole_at, value_at
from analysis.syntax.lexer import Lexer
from decoding.guidance.active_hole import may_begin, open_holes, readings
from decoding.monitors.calls import KeywordMonitor
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.monitors.names import ImportMemberMonitor
from decoding.monitors.registry import BUILT_IN, GROUP, monitors
from tests.decoding.toy import Facts

FIXTURES = Path(__file__).parents[1] / "fixtures" / "monitors"
EXPECTED = {"+": Verdict.ALLOWED, "-": Verdict.REJECTED, "~": Verdict.UNDECIDED}


def _cases() -> list[tuple[str, str, str, str, Verdict]]:
    cases = []
    for file in sorted(FIXTURES.glob("*.py")):
        for block in file.read_text("utf-8").split("#? names: ")[1:]:
            names, _, rest = block.partition("\n")
            code = "".join(
                line for line in rest.splitlines(keepends=True) if not line.startswith("#")
            )
            for sign, written in re.findall(r"^#([+~-]) ?(.*)$", rest, re.M):
                cases.append((file.stem, names, code.strip() + "\n", written, EXPECTED[sign]))
    return cases


def _names(kind: str, listed: str) -> NameSet:
    words = listed.split()
    said = dict(word[1:].split("=") for word in words if word[0] == "/")
    missing = tuple(filter(None, said.get("missing", "").split(",")))
    arity = Arity((), NOTHING, int(said.get("more", -1)), missing, True, "") if said else None
    takes = tuple(Display(display) for display in said.get("takes", "").split(",") if display)
    misfits = tuple(filter(None, said.get("misfits", "").split(",")))
    builtin = tuple(filter(None, said.get("builtin", "").split(",")))
    return NameSet(
        kind,
        Tier.CLOSED,
        "",
        tuple(Name(word) for word in words if word[0] not in "-/"),
        arity=arity,
        accepted=Accepted("", takes, misfits, builtin) if "takes" in said else None,
        unassigned=tuple(word[1:] for word in words if word[0] == "-"),
    )


def _verdict(monitor: Monitor, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
    """What is wrong whatever is known goes first, as in guidance."""
    ask = getattr(monitor, "impossible", None)
    impossible = ask(hole, passage) if ask else False
    if impossible:
        return Verdict.REJECTED
    verdict = monitor.judge(hole, names, passage)
    return Verdict.UNDECIDED if verdict is Verdict.ALLOWED and impossible is None else verdict


@pytest.mark.parametrize(("kind", "names", "code", "written", "expected"), _cases())
def test_golden(kind: str, names: str, code: str, written: str, expected: Verdict) -> None:
    before, after = code.split("$0")
    every = (
        *readings(hole_at(before + after, len(before))),
        value_at(before + after, len(before)),
        *calls_at(before + after, len(before)),
    )
    watched = next(m.kinds for m in BUILT_IN if m.name == kind)
    hole = next(one for one in every if one is not None and one.kind in watched)
    monitor = next(m for m in BUILT_IN if m.name == kind)
    known = _names(kind, names)
    ended = written.endswith("|")
    text = written.removesuffix("|").replace("\\n", "\n").replace("\\s", " ")
    passage = Passage(before[: hole.start], hole.prefix + text, after, ended)
    verdict = Verdict.UNDECIDED if passage.growing else _verdict(monitor, hole, known, passage)
    assert verdict is expected, f"{before}‸{text}‸{after}"


@pytest.mark.parametrize(
    "text", (FIXTURES / "triggers.txt").read_text("utf-8").split("=" * 16 + "\n")[1].split("-" * 16)
)
def test_where_holes_open(text: str) -> None:
    text = text.strip("\n")
    plain = text.replace("‸", "")
    lexer, marked = Lexer(), ""
    eager = [monitor for monitor in BUILT_IN if not monitor.unfamiliar_only]
    kinds = {kind for monitor in eager for kind in monitor.kinds}
    for at, character in enumerate(plain):
        lexer = lexer.advance(character)
        marked += character
        # Blanks before a name are part of the way to it.
        if plain[at + 1 : at + 2].isspace() or not may_begin(eager, lexer):
            continue
        if any(hole.kind in kinds for hole in readings(hole_at(plain[: at + 1], at + 1))):
            marked += "‸"
    assert marked == text


def test_a_package_adds_the_monitor_that_the_manual_shows(tmp_path: Path) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "monitors.md").read_text("utf-8")
    code = re.findall(r"```python\n(.*?)```", manual, re.S)[0]
    toml = re.findall(r"```toml\n(.*?)```", manual, re.S)[0]
    ((name, target),) = tomllib.loads(toml)["project"]["entry-points"][GROUP].items()
    (tmp_path / f"{target.partition(':')[0]}.py").write_text(code)
    info = tmp_path / "my_package-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        f"[{GROUP}]\n{name} = {target}\nbroken = my_package:absent\n"
    )
    shown = subprocess.run(
        [
            sys.executable,
            "-c",
            "from decoding.monitors.registry import monitors\n"
            "from analysis.syntax.lexer import Lexer\n"
            "one = monitors()[-1]\n"
            "print(one.name, one.begins(Lexer().advance('x.')), len(monitors()))",
        ],
        env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parents[2]}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.split() == ["deprecated", "True", str(len(BUILT_IN) + 1)]
    assert "broken" in shown.stderr


def test_installed_monitors_come_behind_the_built_in_ones() -> None:
    assert GROUP == "pilotfish.monitors"
    assert monitors()[: len(BUILT_IN)] == BUILT_IN
    names = [monitor.name for monitor in BUILT_IN]
    assert names == [
        "attribute",
        "self_member",
        "enum_member",
        "import_module",
        "import_member",
        "keyword",
        "arity",
        "surplus_argument",
        "call",
        "call_end",
        "argument_type",
        "subscript_key",
        "literal",
        "exception",
        "name",
        "definite_assignment",
    ]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("x.", ["attribute", "enum_member"]),
        ("self.", ["self_member", "enum_member"]),
        ("cls.", ["self_member", "enum_member"]),
        ("d['", ["subscript_key"]),
        ("d[", ["name", "definite_assignment"]),
        ("f('", ["literal"]),
    ],
)
def test_who_is_concerned(code: str, names: list[str]) -> None:
    found = open_holes(BUILT_IN, Facts({}), Snapshot("", code, Workspace("/")), len(code), 0, 1.0)
    assert [monitor.name for active in found for monitor in active.monitors] == names


@pytest.mark.parametrize(
    ("code", "choices"),
    [
        ("from m import $0", ["a", "b", "c"]),
        ("from m import a, $0", ["b", "c"]),
        ("from m import (\n    a,\n    b as a,\n    $0", ["b", "c"]),
        ("from a import b, $0", ["a", "c"]),
        # Where nothing is left a constraint still leads on.
        ("from m import a, b, c, $0", ["a", "b", "c"]),
    ],
)
def test_a_name_that_an_import_has_already_is_not_chosen_again(
    code: str, choices: list[str]
) -> None:
    hole = hole_at(code.replace("$0", ""), code.index("$0"))
    names = NameSet(hole.kind.value, Tier.CLOSED, "", tuple(Name(n) for n in "abc"))
    constraint = ImportMemberMonitor().constraint(hole, names, "")
    assert constraint is not None
    assert [name.decode() for name in constraint.names.spelled] == choices


def test_what_is_chosen_of_an_enumeration_is_a_member() -> None:
    every = (
        Name("RED", "statement", origin="x"),
        Name("BLUE", "statement", origin="x"),
        Name("paint", "function", origin="x"),
        Name("mro", "function", origin="builtins"),
        Name("_member_map_", "statement", origin="enum"),
    )
    names = NameSet("attribute", Tier.CLOSED, "", every, "type[Color]")
    snapshot = Snapshot("", "Color.", Workspace("/"))
    (active,) = open_holes(BUILT_IN, Facts({"Color": names}), snapshot, 6, 0, 1.0)
    constraint = active.constraint(names)
    assert constraint is not None
    assert constraint.names.spelled == (b"BLUE", b"RED")


@pytest.mark.parametrize(
    ("signatures", "verdict"),
    [
        ("url timeout", Verdict.REJECTED),
        ("url timeout;*", Verdict.REJECTED),
        ("url timeout;timeout url", Verdict.ALLOWED),
    ],
)
def test_what_has_its_value_by_position_is_given_by_no_keyword(
    signatures: str, verdict: Verdict
) -> None:
    code = "get(u, "
    known = [
        Signature(tuple(Parameter(name) for name in one.split() if name != "*"))
        for one in signatures.split(";")
    ]
    arity = arity_of(known, Arguments(1), closed=True, reason="")
    names = NameSet("keyword", Tier.CLOSED, "", (Name("url"), Name("timeout")), arity=arity)
    hole = readings(hole_at(code, len(code)))[-1]
    written = Passage(code, "url=1", "")
    assert KeywordMonitor().judge(hole, names, written) is verdict
    constraint = KeywordMonitor().constraint(hole, names, "")
    assert constraint is not None
    assert (b"url" in constraint.names.members) == (verdict is Verdict.ALLOWED)
