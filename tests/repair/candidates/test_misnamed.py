"""A name that the interpreter did not find is replaced by one that it would have."""

from __future__ import annotations

from pathlib import Path

import pytest

from repair.candidates.candidate import Candidate
from repair.candidates.misnamed import further, misnamed
from repair.failure.command import parse
from repair.sandbox.run import FailedTest, Terms
from repair.source.file import read_source
from tests.repair.conftest import StartSandbox

#: Programs of which importing or ``run()`` fails, and what is to come out first.
MISTAKES = {
    "variable": ("def run():\n    total = 1\n    return totl\n", "return total\n"),
    "builtin": ("def run():\n    return lenght([1])\n\nlength = len\n", "return length([1])"),
    "member": ("def run():\n    return [].apend(1)\n", "[].append(1)"),
    "another word": ("def run():\n    return [].push(1)\n", "[].append(1)"),
    "of a module": ("import json\n\ndef run():\n    return json.dmps(1)\n", "json.dumps(1)"),
    "module": ("import jsonn\n\ndef run():\n    return jsonn.dumps(1)\n", "import json\n"),
    "imported": ("from json import dmps\n\ndef run():\n    return dmps(1)\n", "import dumps\n"),
    "submodule": ("import os.pth\n\ndef run():\n    return os\n", ""),
    "keyword": (
        "def part(text, limit):\n    return text[:limit]\n\n"
        "def run():\n    return part('', limt=1)\n",
        "limit=1",
    ),
    "own member": (
        "class A:\n    def __init__(self):\n        self.count = 0\n\n"
        "    def more(self):\n        return self.cuont + 1\n\ndef run():\n    return A().more()\n",
        "return self.count + 1",
    ),
    "keyword of a class": (
        "class A:\n    def __init__(self, size):\n        self.size = size\n\n"
        "def run():\n    return A(sise=1)\n",
        "A(size=1)",
    ),
}


@pytest.mark.sandbox
@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_there_is_offered(sandbox: StartSandbox, workspace: Path, name: str) -> None:
    text, wanted = MISTAKES[name]
    path = workspace / "m.py"
    path.write_text(text)
    (workspace / "test_m.py").write_text("import m\n\n\ndef test_it():\n    m.run()\n")
    run = sandbox().run(parse("pytest test_m.py", str(workspace)).plan, {}, Terms(wall=30))
    failures = [test.failure for test in run.tests if test.failure]
    source = read_source(str(path), text.encode())
    found = sorted(misnamed(source, failures), key=lambda candidate: -candidate.value)
    if not wanted:
        # ``os`` is no package: what it has is not known by its files.
        assert not found
        return
    assert found, failures
    fixed = source.apply(found[0].edits)
    assert wanted in fixed
    assert failures[0].absent not in fixed.replace(wanted, "")


def test_every_place_is_fixed_and_the_failing_line_alone_too() -> None:
    text = "import jsonn\n\n\ndef run():\n    return jsonn.dumps('jsonn')\n"
    source = read_source("/w/m.py", text.encode())
    failure = FailedTest("NameError", lines=(5,), absent="jsonn", present=("json", "os", "jsonx"))
    found = {c.value: source.apply(c.edits) for c in misnamed(source, [failure])}
    best = found[max(found)]
    assert best == "import json\n\n\ndef run():\n    return json.dumps('jsonn')\n"
    assert "import jsonn\n\n\ndef run():\n    return json.dumps('jsonn')\n" in found.values()


def test_what_resembles_nothing_is_left_to_others() -> None:
    source = read_source("/w/m.py", b"def run():\n    return zebra\n")
    failure = FailedTest("NameError", lines=(2,), absent="zebra", present=("json", "os"))
    assert not list(misnamed(source, [failure]))
    assert not list(misnamed(source, [FailedTest("ValueError", lines=(2,))]))


def test_one_name_after_the_other_is_fixed() -> None:
    """What is next looked for in vain is told only once the first name is right."""
    text = "import jsonn\n\n\ndef run():\n    return jsonn.dmps('jsonn')\n"
    source = read_source("/w/m.py", text.encode())
    first = FailedTest("ModuleNotFoundError", lines=(1,), absent="jsonn", present=("json", "os"))
    fixed = max(misnamed(source, [first]), key=lambda candidate: candidate.value)
    then = FailedTest(
        "AttributeError", lines=(5,), absent="dmps", present=("dump", "dumps", "load")
    )
    (best, *_rest) = sorted(further(source, fixed, [first, then]), key=lambda c: -c.value)
    assert (
        source.apply(best.edits) == "import json\n\n\ndef run():\n    return json.dumps('jsonn')\n"
    )
    other = Candidate(fixed.edits, "template: attribute", 0.5, 1)
    assert not list(further(source, other, [then]))
