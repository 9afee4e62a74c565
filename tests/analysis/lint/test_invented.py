"""What is reported on whole files, with the real provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.findings import Finding, Severity
from analysis.lint.invented import look
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from tests.analysis.lint.conftest import Look, environment


def test_a_finding_names_version_neighbours_and_a_fix(look_at: Look) -> None:
    (finding,) = look_at("import json\n\njson.dumpz({})\n").findings
    assert (finding.code, finding.line, finding.character, finding.end_character) == (
        "PF101",
        2,
        5,
        10,
    )
    assert "module `json` has no attribute `dumpz`" in finding.message
    assert "standard library" in finding.message
    assert "`dumps`" in finding.message
    safe = [fix for fix in finding.fixes if fix.safe]
    assert [fix.edits[0].text for fix in safe] == ["dumps"]


def test_columns_are_code_points(look_at: Look) -> None:
    (finding,) = look_at("import json\nx = '😀é'; json.dumpz({})\n").findings
    assert (finding.character, finding.end_character) == (15, 20)


def test_a_broken_module_path_is_one_finding(look_at: Look) -> None:
    found = look_at("from json.decode.more import JSONDecoder, other\nimport json\n").findings
    assert [(f.code, f.character) for f in found] == [("PF102", 10)]


def test_a_renamed_import_is_safe_to_fix_and_a_plain_one_is_not(look_at: Look) -> None:
    source = "from collections import OrderedDicts as O\nfrom collections import OrderedDicts\n"
    renamed, plain = look_at(source).findings
    assert [fix.safe for fix in renamed.fixes][:1] == [True]
    assert not any(fix.safe for fix in plain.fixes)


def test_a_fix_does_not_import_a_name_twice(look_at: Look) -> None:
    def offered(source: str) -> list[str]:
        (finding,) = look_at(source).findings
        return [fix.edits[0].text for fix in finding.fixes]

    assert "dumps" in offered("from json import dumpz\n")
    assert "dumps" not in offered("from json import dumps, dumpz\n")
    assert "dumps" not in offered("from json import (\n    dumpz,\n    dumps,\n)\n")
    assert "dumps" in offered("from json import dumps, dumpz as d\n")
    assert "dumps" in offered("from json import dumps as d, dumpz\n")


def test_a_code_that_does_not_exist_is_said(look_at: Look) -> None:
    source = "import json\njson.dumpz()  # noqa: PF110, E501\n'# noqa: PF999'\n"
    unknown, invented = sorted(look_at(source).findings, key=lambda f: f.code)
    assert (unknown.code, unknown.line, unknown.character, unknown.end_character) == (
        ("PF011", 1, 22, 27)
    )
    assert "`PF110` is not a Pilotfish code" in unknown.message
    assert "`PF101`" in unknown.message
    assert invented.code == "PF101"
    assert look_at("# pilotfish: noqa: PF011\nx = 1  # noqa: PF999\n").findings == ()


def test_noqa_silences_its_line_its_codes_or_the_file(look_at: Look) -> None:
    def codes(text: str) -> list[str]:
        return [f.code for f in look_at("import json\n" + text).findings]

    assert codes("json.dumpz()\n") == ["PF101"]
    assert codes("json.dumpz()  # noqa\n") == []
    assert codes("json.dumpz()  # noqa: PF101\n") == []
    assert codes("json.dumpz()  # NOQA:E501,PF101 why\n") == []
    assert codes("json.dumpz()  # noqa: E501\n") == ["PF101"]
    assert codes("json.dumpz('# noqa')\n") == ["PF101"]
    assert codes("json.dumpz()\n# pilotfish: noqa: PF101\n") == []
    assert codes("json.dumpz()\n# pilotfish: noqa: PF102\n") == ["PF101"]


@pytest.mark.parametrize(
    ("comment", "silent"),
    [
        ("# type: ignore", True),
        ("# type: ignore[attr-defined]", True),
        ("# pyright: ignore[reportAttributeAccessIssue]", True),
        ("# type: ignore[arg-type]", False),
    ],
)
def test_what_type_checkers_are_told_counts(look_at: Look, comment: str, silent: bool) -> None:
    assert bool(look_at(f"import json\njson.dumpz()  {comment}\n").findings) is not silent


@pytest.mark.parametrize(
    "head", ["if sys.version_info >= (3, 20):", "if TYPE_CHECKING:", "if json:\n    pass\nelse:"]
)
def test_code_for_elsewhere_is_left_alone(look_at: Look, head: str) -> None:
    source = f"import sys, json\nfrom typing import TYPE_CHECKING\n{head}\n    json.dumpz()\n"
    assert len(look_at(source).findings) == (1 if "else" in head else 0)


def test_what_is_broken_is_passed_over_and_the_rest_is_looked_at(look_at: Look) -> None:
    source = "import json\njson.dumpz({})\nx = = 3\ndef f(:\n    json.dump(\n"
    assert [f.line for f in look_at(source).findings] == [1]


@pytest.mark.parametrize("source", ["", "\n", "\x00", "\ufeffx = 1\n", "(" * 300, "x = '\ud800'"])
def test_texts_without_anything_to_say(look_at: Look, source: str) -> None:
    assert look_at(source).findings == ()


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n\x0c\n"])
def test_line_ends(look_at: Look, end: str) -> None:
    (finding,) = look_at(f"import json{end}a = '\u2028'{end}json.dumpz(){end}").findings
    assert finding.character == 5
    assert finding.line == (2 if "\x0c" not in end else 4)


def test_names_that_are_not_ascii(look_at: Look) -> None:
    source = "class Größe:\n    länge = 1\nGröße().länge\nGröße().breite\n"
    (finding,) = look_at(source).findings
    assert "`Größe` has no attribute `breite`" in finding.message


def test_the_installed_version_decides(provider: ReferenceProvider, tmp_path: Path) -> None:
    """Two environments with two versions of one package whose API differs."""
    source = "import sail\nsail.hoist(1)\nsail.Mast().rig()\nfrom sail import furl\n"
    found: dict[str, tuple[Finding, ...]] = {}
    for version, api in {
        "1.0": "def hoist(n): ...\nclass Mast:\n    def rig(self): ...\n",
        "2.0": "def furl(n): ...\nclass Mast:\n    def unrig(self): ...\n",
    }.items():
        root = tmp_path / version
        environment(root, "sail", api, version)
        snapshot = Snapshot(str(root / "app.py"), source, Workspace(str(root)))
        found[version] = look(snapshot, provider).findings
    assert [(f.line, f.code) for f in found["1.0"]] == [(3, "PF103")]
    assert [(f.line, f.code) for f in found["2.0"]] == [(1, "PF101"), (2, "PF101")]
    assert "sail 1.0" in found["1.0"][0].message
    assert all("sail 2.0" in f.message for f in found["2.0"])


def test_a_file_may_be_looked_at_in_parts(
    provider: ReferenceProvider, tmp_path: Path, look_at: Look
) -> None:
    source = "import json\n" + "".join(f"json.dumpz{n}()\n" for n in range(5))
    whole = look_at(source)
    snapshot = Snapshot(str(tmp_path / "app.py"), source, Workspace(str(tmp_path)))
    found: list[Finding] = []
    begin, parts = 0, 0
    while begin >= 0:
        part = look(snapshot, provider, begin, Deadline.after(0))
        found += part.findings
        begin, parts = part.resume, parts + 1
    assert tuple(found) == whole.findings
    assert parts == 11  # the import, five attributes, five calls


def test_a_comment_for_type_checkers_on_the_first_line_covers_the_whole_call(look_at: Look) -> None:
    source = "def f(size): ...\nf(\n    1,\n    sizes=2,\n)\n"
    assert [f.code for f in look_at(source).findings] == ["PF104"]
    silenced = source.replace("f(\n", "f(  # type: ignore[call-arg]\n", 1)
    assert look_at(silenced).findings == ()
    inner = source.replace("1,", "1,  # type: ignore[call-arg]")
    assert [f.code for f in look_at(inner).findings] == ["PF104"]


def test_names_of_other_platforms_are_not_invented(look_at: Look) -> None:
    source = (
        "import asyncio, ctypes, os, signal, subprocess, winreg\nimport msvcrt\n"
        "from asyncio import WindowsSelectorEventLoopPolicy\n"
        "os.startfile('a')\nctypes.windll\nsignal.CTRL_C_EVENT\nsubprocess.STARTUPINFO()\n"
        "winreg.OpenKey\nmsvcrt.getch()\nos.geteuid()\nos.startfil('a')\n"
    )
    assert [(f.code, f.line) for f in look_at(source).findings] == [("PF101", 10)]


def test_a_missing_module_of_a_compiled_package_of_its_own_is_not_invented(
    tmp_path: Path, provider: ReferenceProvider
) -> None:
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "_linux.abi3.so").write_bytes(b"")
    text = "from . import _windows\nfrom ._darwin import go\nfrom pack import _bsd\n"
    text += "from .errors import go\nfrom . import nothing\n"
    workspace = Workspace(str(tmp_path))
    inside = Snapshot(str(package / "core.py"), text, workspace)
    assert [f.line for f in look(inside, provider).findings] == [3, 4]
    outside = Snapshot(
        str(tmp_path / "app.py"), "from pack import _bsd\n", Workspace(str(tmp_path))
    )
    assert [f.code for f in look(outside, provider).findings] == ["PF103"]


def test_beside_a_compiled_module_its_source_is_read(
    tmp_path: Path, provider: ReferenceProvider
) -> None:
    (tmp_path / "fast.cpython-311-x86_64-linux-gnu.so").write_bytes(b"")
    (tmp_path / "fast.py").write_text("class Quick:\n    def go(self): ...\n")
    text = "from fast import Quick, Quack\nimport fast\nQuick().going()\nfast.Quikc\n"
    found = look(Snapshot(str(tmp_path / "app.py"), text, Workspace(str(tmp_path))), provider)
    assert [(f.line, f.code) for f in found.findings] == [
        (0, "PF103"),
        (2, "PF101"),
        (3, "PF101"),
    ]


def test_a_package_that_is_not_installed_has_its_own_code_and_extras_are_expected(
    look_at: Look, tmp_path: Path
) -> None:
    names = ("ours_one", "grouped", "Theirs_two", "old_extra", "needed", "nowhere")
    source = "".join(f"import {name}\n" for name in names)
    found = look_at(source).findings
    assert {(f.code, f.severity) for f in found} == {("PF109", Severity.WARNING)}
    assert [f.line for f in found] == [0, 1, 2, 3, 4, 5]
    environment(tmp_path, "rig", "x = 1\n", "1.0")
    (info,) = tmp_path.rglob("rig-1.0.dist-info")
    (info / "METADATA").write_text(
        "Name: rig\nRequires-Dist: needed>=1\n"
        "Requires-Dist: theirs-two>=1; python_version > '3' and extra == 'all'\n"
    )
    (tmp_path / "pyproject.toml").write_text(
        '[project.optional-dependencies]\nfast = ["ours.one[x]>=2"]\n'
        '[dependency-groups]\ndev = ["grouped", {include-group = "x"}]\n'
    )
    (tmp_path / "setup.cfg").write_text("[options.extras_require]\nfast =\n  old-extra>=1\n")
    assert [f.line for f in look_at(source).findings] == [4, 5]


def test_a_finding_reads_the_same_each_time(look_at: Look) -> None:
    made = "".join(f"class C{n}: ...\n" for n in range(4))
    source = (
        f"{made}def f(x):\n    return C0() if x else C1() if x == 1 else C2() if x == 2 else C3()\n"
    )
    found = {look_at(f"{source}f(1).missing  #{n}\n").findings[0].message for n in range(5)}
    assert found == {"`C0 | C1 | C2 | C3` has no attribute `missing`"}
