"""``pilotfish fix`` as a person runs it: real tests in the real sandbox, no model."""

from __future__ import annotations

import ast
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from repair.sandbox.bubblewrap import bwrap_path
from repair.source.patch import apply_diff
from tests.pilotfish.command import PILOTFISH, answered

pytestmark = pytest.mark.sandbox

BUGGY = "def middle(a, b):\n    return (a - b) / 2\n"
TEST = "from middle import middle\n\n\ndef test_middle():\n    assert middle(2, 4) == 3\n"
SCRIPT = "from middle import middle\n\nassert middle(2, 4) == 3\nassert middle(5, 5) == 5\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with a fault, in a folder whose name has a space."""
    root = tmp_path / "a project"
    root.mkdir()
    (root / "setup.cfg").touch()
    (root / "middle.py").write_text(BUGGY)
    return root


def _fix(root: Path, *words: str, file: str = "middle.py") -> tuple[int, dict[str, Any], str]:
    options = ["--json", "--python", sys.executable, "--model", "none", "--time-limit", "90"]
    return answered(root, "fix", file, *options, *words)


def test_a_verified_patch_applies_with_git(project: Path) -> None:
    (project / "test_middle.py").write_text(TEST)
    code, answer, _ = _fix(project, "--test", "python -m pytest -x test_middle.py::test_middle")
    assert (code, answer["status"]) == (0, "verified"), answer
    assert (project / "middle.py").read_text() == BUGGY
    assert set(answer) >= {
        *("status", "patch", "alternatives", "strategy", "blocks"),
        *("candidates_run", "not_run", "seconds", "model_tokens"),
    }
    assert answer["blocks"][0]["first_line"] == 1
    subprocess.run(["git", "init", "-q", "."], cwd=project, check=True)
    apply = ["git", "apply", "-"]
    subprocess.run(apply, cwd=project, input=answer["patch"], text=True, check=True)
    run = [sys.executable, "-m", "pytest", "-q", "test_middle.py"]
    assert subprocess.run(run, cwd=project, check=False, capture_output=True).returncode == 0


PICK = "def pick(a, b, c, d):\n    return a\n"
PICKED = "from middle import pick\n\n\ndef test_pick():\n    assert pick(3, 7, 7, 7) == 7\n"


@pytest.fixture
def picking(project: Path) -> Path:
    """The second, the third, the last: the test does not tell."""
    (project / "middle.py").write_text(PICK)
    (project / "test_middle.py").write_text(PICKED)
    return project


def test_where_patches_that_pass_differ_the_answer_is_the_question(picking: Path) -> None:
    code, answer, _ = _fix(picking, "--test", "python -m pytest test_middle.py", "--write")
    assert (code, answer["status"], answer["written"]) == (1, "ambiguous", False), answer
    assert (picking / "middle.py").read_text() == PICK
    question = answer["question"]
    assert len(question["options"]) > 1
    for option in question["options"]:
        scope: dict[str, Any] = {}
        text = apply_diff(option["patch"], PICK.encode())
        assert text is not None
        exec(text, scope)
        assert str(eval(question["call"], scope)) == option["answer"]
    assert question["options"][0]["patch"] == answer["patch"]
    assert answer["rivals"] > 0.25


@pytest.mark.parametrize("meant", ["b", "d"])
def test_a_program_that_does_what_is_meant_answers(picking: Path, meant: str) -> None:
    (picking / "meant.py").write_text(PICK.replace("return a", f"return {meant}"))
    words = ("--test", "python -m pytest test_middle.py", "--answers", "meant.py", "--write")
    code, answer, _ = _fix(picking, *words)
    assert (code, answer["status"], answer["written"]) == (0, "verified", True), answer
    assert (picking / "middle.py").read_text() == PICK.replace("return a", f"return {meant}")
    assert 1 <= len(answer["questions"]) <= 3
    for asked in answer["questions"]:
        scope: dict[str, Any] = {}
        exec((picking / "meant.py").read_text(), scope)
        assert str(eval(asked["call"], scope)) == asked["answer"]
        assert f"assert {asked['call']} == {asked['answer']}\n" in asked["test"]


def test_nobody_is_asked_where_there_is_no_terminal(picking: Path) -> None:
    done = subprocess.run(
        [PILOTFISH, "fix", "middle.py", "--ask"],
        cwd=picking,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 2
    assert "there is nobody to ask" in done.stderr


def test_a_person_at_a_terminal_chooses_and_keeps_the_answers_as_tests(picking: Path) -> None:
    ours, theirs = pty.openpty()
    command = [PILOTFISH, "fix", "middle.py", "--test", "python -m pytest test_middle.py"]
    command += ["--ask", "--write", "--model", "none", "--python", sys.executable]
    done = subprocess.Popen(
        command, cwd=picking, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    said, seen = "", 0
    try:
        while chunk := os.read(ours, 4096):
            said += chunk.decode("utf-8", "replace")
            if said[seen:].endswith("> "):
                call = re.findall(r"pick\([-\d, ]+\)", said[seen:])[-1]
                os.write(ours, f"= {ast.literal_eval(call[4:])[3]}\n".encode())
                seen = len(said)
            elif said[seen:].endswith("[y/N] "):
                os.write(ours, b"y\n")
                seen = len(said)
    except OSError:
        pass  # so a terminal ends whose other side is closed
    os.close(ours)
    assert done.wait(60) == 0, said
    assert (picking / "middle.py").read_text() == PICK.replace("return a", "return d")
    kept = (picking / "test_middle_answers.py").read_text()
    assert "from middle import pick" in kept
    run = [sys.executable, "-m", "pytest", "-q", "test_middle_answers.py"]
    assert subprocess.run(run, cwd=picking, check=False, capture_output=True).returncode == 0


def test_what_no_other_test_speaks_for_is_not_verified_while_rivals_are_as_likely(
    project: Path,
) -> None:
    """The second, the third, the last: one test in a file of many functions does not tell."""
    others = "".join(f"\n\ndef other_{n}(a):\n    return a + {n}\n" for n in range(80))
    (project / "middle.py").write_text("def pick(a, b, c, d):\n    return a\n" + others)
    test = "from middle import pick\n\n\ndef test_pick():\n    assert pick(3, 7, 7, 7) == 7\n"
    (project / "test_middle.py").write_text(test)
    command = "python -m pytest test_middle.py::test_pick"
    code, answer, _ = _fix(project, "--test", command, "--time-limit", "40")
    assert (code, answer["status"]) == (1, "ambiguous"), answer
    assert "other patches that behave differently" in answer["reason"]
    assert answer["not_run"] == []
    assert "no other test reaches what it changes" in answer["reason"]
    more = "from middle import other_1, pick\n\n\ndef test_other():\n    assert other_1(1) == 2\n"
    (project / "test_more.py").write_text(more)
    code, answer, _ = _fix(project, "--test", command, "--time-limit", "40")
    assert (code, answer["status"]) == (1, "ambiguous"), answer
    # One that reaches it tells that two of the three are not meant; more checks of what fails tell
    # the rest.
    told = "\n\ndef test_last():\n    assert pick(5, 1, 8, 5) == pick(5, 8, 1, 5) == 5\n"
    (project / "test_more.py").write_text(more + told)
    last = [f"    assert pick{words} == {words[-1]}\n" for words in ((9, 4, 3, 2), (1, 2, 3, 4))]
    (project / "test_middle.py").write_text(test + "".join(last))
    code, answer, _ = _fix(project, "--test", command)
    assert (code, answer["status"]) == (0, "verified"), answer
    assert "+    return d\n" in answer["patch"]


def test_a_patch_that_breaks_another_test_of_the_suite_is_not_taken(project: Path) -> None:
    """Either argument may be the limit; only the hidden half of the suite knows which."""
    (project / "middle.py").write_text("def clip(value, low, high):\n    return max(value, low)\n")
    (project / "test_one.py").write_text(
        "from middle import clip\n\n\ndef test_high():\n    assert clip(9, 0, 5) == 5\n"
    )
    (project / "test_two.py").write_text(
        "from middle import clip\n\n\ndef test_low():\n    assert clip(-3, 0, 5) == 0\n\n\n"
        "def test_between():\n    assert clip(3, 0, 5) == 3\n"
    )
    code, answer, _ = _fix(project, "--test", "python -m pytest test_one.py")
    assert any("breaks test_two.py" in reason for reason in answer["rejected"]), answer
    if answer["status"] == "verified":
        assert code == 0
        assert "other tests still pass" in answer["reason"]


def test_tests_that_ask_for_a_module_that_is_not_there_are_no_failure_of_the_file(
    project: Path,
) -> None:
    """A project that is not installed: no edit helps, and time would be lost by trying."""
    (project / "test_middle.py").write_text("import not_there_at_all\n" + TEST)
    code, answer, _ = _fix(project, "--test", "python -m pytest test_middle.py")
    assert (code, answer["status"], answer["candidates_run"]) == (2, "error", 0), answer
    assert "No module named 'not_there_at_all'" in answer["reason"]
    assert "--python" in answer["reason"]


def test_a_module_beside_the_tests_folder_is_found_by_the_other_way_to_call_pytest(
    project: Path,
) -> None:
    """``pytest`` leaves the working directory off the path, where ``python -m pytest`` has it."""
    folder = project / "checks"
    folder.mkdir()
    (folder / "test_middle.py").write_text(TEST)
    code, answer, _ = _fix(project, "--test", "pytest checks")
    assert (code, answer["status"]) == (2, "error"), answer
    assert "'python -m pytest', which finds middle in" in answer["reason"]
    code, answer, _ = _fix(project, "--test", "python -m pytest checks")
    assert (code, answer["status"]) == (0, "verified"), answer


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (
            "import maths\n\n\ndef middle(a, b):\n    return maths.fsum([a, b]) / 2\n",
            "import math\n\n\ndef middle(a, b):\n    return math.fsum([a, b]) / 2\n",
        ),
        (
            "class Share:\n    of = 2\n\n\nHALF = Shaer()\n\n\n"
            "def middle(a, b):\n    return (a + b) / HALF.of\n",
            "class Share:\n    of = 2\n\n\nHALF = Share()\n\n\n"
            "def middle(a, b):\n    return (a + b) / HALF.of\n",
        ),
    ],
    ids=["a module", "a class"],
)
def test_a_name_that_is_not_there_when_the_file_is_imported_is_fixed(
    project: Path, wrong: str, right: str
) -> None:
    """The test file as a whole fails then, and its tests are first seen with the patch."""
    (project / "middle.py").write_text(wrong)
    (project / "test_middle.py").write_text(TEST)
    code, answer, _ = _fix(project, "--test", "python -m pytest test_middle.py", "--write")
    assert (code, answer["status"], answer["strategy"]) == (0, "verified", "misnamed"), answer
    assert (project / "middle.py").read_text() == right


def test_a_test_file_that_cannot_be_imported_does_not_hide_the_rest_of_the_suite(
    project: Path,
) -> None:
    (project / "test_absent.py").write_text("import not_there_at_all\n")
    (project / "test_middle.py").write_text(TEST)
    (project / "test_more.py").write_text(
        "from middle import middle\n\n\ndef test_of_one():\n    assert middle(5, 5) == 5\n\n\n"
        "def test_nothing():\n    assert middle\n"
    )
    code, answer, _ = _fix(project, "--test", "python -m pytest test_middle.py")
    assert (code, answer["status"]) == (0, "verified"), answer
    assert "2 other tests still pass" in answer["reason"]


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("check.py", SCRIPT, "python check.py"),
        ("check.py", SCRIPT, "python check.py && echo fine"),
        (
            "test_it.py",
            "import unittest\nfrom middle import middle\n\n\nclass T(unittest.TestCase):\n"
            "    def test_a(self):\n        self.assertEqual(middle(2, 4), 3)\n",
            "python -m unittest test_it.T.test_a",
        ),
        ("doc.txt", ">>> from middle import middle\n>>> middle(2, 4)\n3.0\n", None),
    ],
)
def test_any_kind_of_test(project: Path, name: str, text: str, command: str | None) -> None:
    (project / name).write_text(text)
    command = command or f"python -m doctest {name}"
    code, answer, _ = _fix(project, "--test", command, "--write")
    assert (code, answer["status"], answer["written"]) == (0, "verified", True), answer
    assert (project / "middle.py").read_text() == BUGGY.replace("-", "+")


def test_without_a_test_command_tests_are_found_and_named(project: Path) -> None:
    example = '    """The middle.\n\n    >>> middle(2, 4)\n    3.0\n    """\n'
    (project / "middle.py").write_text(BUGGY.replace("\n    ", f"\n{example}    ", 1))
    code, answer, said = _fix(project)
    assert (code, answer["status"]) == (0, "verified"), answer
    assert "python -m doctest middle.py" in said


def test_the_project_may_name_the_tests(project: Path) -> None:
    (project / "test_halves.py").write_text(TEST)
    (project / "pyproject.toml").write_text('[tool.pilotfish]\ntests = ["test_halves.py"]\n')
    code, answer, err = _fix(project)
    assert (code, answer["status"]) == (0, "verified"), answer
    assert "using pytest test_halves.py" in err


def test_a_file_keeps_its_line_ends_and_encoding(project: Path) -> None:
    before = "# coding: latin-1\r\n# \xe9\r\n" + BUGGY.replace("\n", "\r\n")
    (project / "middle.py").write_bytes(before.encode("latin-1"))
    (project / "check.py").write_text(SCRIPT)
    code, answer, _ = _fix(project, "--test", "python check.py", "--write")
    assert (code, answer["status"]) == (0, "verified"), answer
    after = (project / "middle.py").read_bytes()
    assert after == before.replace("a - b", "a + b").encode("latin-1")


def test_a_loop_without_end_is_fixed(project: Path) -> None:
    (project / "middle.py").write_text(
        "def digits(n):\n    count = 0\n    while n:\n        n //= 1\n        count += 1\n"
        "    return count\n"
    )
    (project / "check.py").write_text(
        "from middle import digits\n\nassert digits(0) == 0\nassert digits(7) == 1\n"
        "assert digits(430) == 3\n"
    )
    code, answer, _ = _fix(project, "--test", "python check.py")
    assert (code, answer["status"]) == (0, "verified"), answer


def test_a_program_that_is_slow_once_it_is_right_gets_its_time(project: Path) -> None:
    (project / "middle.py").write_text(
        "def pairs(limit):\n    found = 0\n    for one in range(limit, 1):\n"
        "        for other in range(1, one):\n            found += one % other == 0\n"
        "    return found\n"
    )
    (project / "check.py").write_text("from middle import pairs\n\nassert pairs(2000) == 13499\n")
    code, answer, _ = _fix(project, "--test", "python check.py")
    assert (code, answer["status"]) == (0, "verified"), answer


def test_two_mistakes_of_which_one_hides_the_other(project: Path) -> None:
    (project / "middle.py").write_text(
        "def summary(words):\n    count = len(words) - 1\n"
        "    width = min(len(word) for word in words)\n    return count, width\n"
    )
    (project / "test_middle.py").write_text(
        "from middle import summary\n\n\ndef test_summary():\n"
        "    count, width = summary(['a', 'bcd'])\n    assert count == 2\n    assert width == 3\n"
    )
    code, answer, _ = _fix(project, "--test", "python -m pytest test_middle.py")
    assert (code, answer["status"]) == (0, "verified"), answer
    assert answer["patch"].count("\n-    ") == 2


def test_a_mistake_in_a_module_that_is_called_is_fixed_there(project: Path) -> None:
    caller = "from halves import half\n\n\ndef middle(a, b):\n    return half(a + b)\n"
    (project / "middle.py").write_text(caller)
    wrong = "def half(number):\n    return number / 3\n"
    (project / "halves.py").write_text(wrong)
    (project / "tests").mkdir()
    more = "    assert middle(10, 20) == 15\n    assert middle(0, 8) == 4\n"
    (project / "tests" / "test_middle.py").write_text(TEST + more)
    test = "python -m pytest tests/test_middle.py"
    code, answer, _ = _fix(project, "--test", test, "--write", "--time-limit", "60")
    assert (code, answer["status"], answer["written"]) == (0, "verified", True), answer
    assert answer["file"] == str(project / "halves.py")
    assert "the change is in halves.py" in answer["reason"]
    assert (project / "halves.py").read_text() == wrong.replace("3", "2")
    assert (project / "middle.py").read_text() == caller


def test_a_command_that_does_not_exist_is_an_error_that_names_it(project: Path) -> None:
    code, answer, _ = _fix(project, "--test", "no-such-runner --now")
    assert (code, answer["status"]) == (2, "error")
    assert "no-such-runner" in answer["reason"]
    code, answer, _ = _fix(project, "--test", "python -m pytest no_such_test.py")
    assert (code, answer["status"]) == (2, "error")
    assert "no_such_test.py" in answer["reason"]


def test_a_command_that_passes_already(project: Path) -> None:
    (project / "check.py").write_text("import middle\n")
    code, answer, _ = _fix(project, "--test", "python check.py")
    assert (code, answer["status"], answer["patch"]) == (0, "passing", "")


def test_what_the_linter_finds_is_fixed_in_the_same_run(project: Path) -> None:
    (project / "middle.py").write_bytes(f"import os\n\n\n{BUGGY}".replace("\n", "\r\n").encode())
    (project / "test_middle.py").write_text(TEST)
    command = "ruff check --select F middle.py && python -m pytest -q test_middle.py"
    code, answer, _ = _fix(project, "--test", command, "--write")
    assert (code, answer["status"], answer["written"]) == (0, "verified", True), answer
    after = (project / "middle.py").read_bytes()
    assert after.endswith(BUGGY.replace("-", "+").replace("\n", "\r\n").encode())
    assert b"import os" not in after
    for again in (command, "ruff check --select F middle.py"):
        (project / "middle.py").write_bytes(b"import os\n" + after)
        code, answer, _ = _fix(project, "--test", again, "--write")
        assert (code, answer["status"], answer["strategy"]) == (0, "verified", "ruff"), answer
        assert (project / "middle.py").read_bytes() == after
    # What ruff fixes is not all that it has to say.
    (project / "middle.py").write_bytes(b"import os\n" + after + b"def f():\r\n    g()\r\n")
    code, answer, _ = _fix(project, "--test", command, "--time-limit", "15")
    assert (code, answer["status"], answer["strategy"]) == (1, "unverified", "ruff"), answer
    assert "are not enough" in answer["reason"]


def test_a_file_that_does_not_parse_is_said_to_be_one(project: Path) -> None:
    (project / "middle.py").write_text("def middle(a, b):\n    return (a + b / 2\n")
    (project / "check.py").write_text(SCRIPT)
    code, answer, _ = _fix(project, "--test", "python check.py")
    assert (code, answer["status"]) == (1, "none"), answer
    assert "line 2" in answer["reason"]


def test_a_command_that_passes_on_another_copy_of_the_file_says_so(project: Path) -> None:
    for folder, text in (("src", BUGGY), ("lib", BUGGY.replace("-", "+"))):
        (project / folder).mkdir()
        (project / folder / "middle.py").write_text(text)
    (project / "middle.py").unlink()
    (project / "test_it.py").write_text(f"import sys\n\nsys.path.insert(0, 'lib')\n{TEST}")
    command = "python -m pytest test_it.py"
    code, answer, _ = _fix(project, "--test", command, file="src/middle.py")
    assert (code, answer["status"]) == (0, "passing"), answer
    assert "lib/middle.py and not this file" in answer["reason"]


def test_tests_that_print_without_end_fork_and_delete_do_no_harm(project: Path) -> None:
    outside = project.parent / "precious.txt"
    outside.write_text("precious")
    (project / "check.py").write_text(
        "import os, shutil, sys\n"
        "for _ in range(100):\n    sys.stdout.write('x' * 1_000_000)\n"
        f"shutil.rmtree({str(project.parent)!r}, ignore_errors=True)\n"
        "open('left', 'w').close()\n"
        "if os.fork() == 0:\n    os._exit(0)\n"
        "from middle import middle\nassert middle(2, 4) == 3\n"
    )
    code, answer, _ = _fix(project, "--test", "python check.py", "--time-limit", "15")
    # The workspace's own files are deleted in the sandbox too, so this test cannot be fixed; what
    # counts is what is left outside.
    assert answer["status"] in ("verified", "none", "error"), answer
    assert code in (0, 1, 2)
    assert outside.read_text() == "precious"
    assert (project / "middle.py").read_text() == BUGGY
    assert not (project / "left").exists()


def test_without_a_sandbox_nothing_is_verified_or_written(project: Path) -> None:
    (project / "check.py").write_text(SCRIPT)
    code, answer, _ = _fix(project, "--test", "python check.py", "--no-sandbox", "--write")
    assert (code, answer["status"], answer["written"]) == (1, "unverified", False), answer
    assert "without a sandbox" in answer["reason"]
    assert "+    return (a + b) / 2" in answer["patch"]
    assert (project / "middle.py").read_text() == BUGGY


def test_a_patch_that_special_cases_is_refused_by_name(project: Path) -> None:
    """No honest edit makes this pass: the tests ask for a number that comes from nowhere."""
    (project / "middle.py").write_text("def secret(name):\n    return 0\n")
    (project / "check.py").write_text(
        "from middle import secret\n\nassert secret('x') == 73914\nassert secret('y') == 5512\n"
    )
    code, answer, _ = _fix(project, "--test", "python check.py", "--time-limit", "20")
    assert (code, answer["status"], answer["patch"]) == (1, "none", ""), answer


def test_what_cannot_be_is_a_usage_error(project: Path) -> None:
    done = subprocess.run(
        [PILOTFISH, "fix", "absent.py", "--test", "true"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no such file" in done.stderr
    code, answer, _ = _fix(project)
    assert (code, answer["status"]) == (2, "error")
    assert "--test" in answer["reason"]


def _said(root: Path, *words: str, file: str = "middle.py") -> subprocess.CompletedProcess[str]:
    options = ["--python", sys.executable, "--model", "none", "--time-limit", "60"]
    return subprocess.run(
        [PILOTFISH, "fix", file, *options, *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def test_the_summary_is_three_short_lines_and_a_table(project: Path) -> None:
    (project / "test_middle.py").write_text(TEST)
    done = _said(project, "--test", "python -m pytest test_middle.py::test_middle")
    said = done.stderr.splitlines()
    verdict = next(n for n, line in enumerate(said) if "% sure" in line)
    assert "changes middle.py at line 2" in said[verdict]
    assert said[verdict + 1].startswith("tests: ")
    assert said[verdict + 2].startswith("beyond the failure: ")
    assert max(map(len, said[verdict:])) <= 120
    verbose = _said(project, "--test", "python -m pytest test_middle.py::test_middle", "--verbose")
    assert "strategy: template: " in verbose.stderr
    quiet = _said(project, "--test", "python -m pytest test_middle.py::test_middle", "--quiet")
    assert quiet.stderr == ""
    assert quiet.stdout.startswith("--- a/middle.py")


def test_a_mistyped_test_is_said_at_once_with_the_nearest(project: Path) -> None:
    (project / "test_middle.py").write_text(TEST)
    code, answer, _ = _fix(project, "--test", "python -m pytest test_middle.py::test_midle")
    assert (code, answer["status"], answer["candidates_run"]) == (2, "error", 0)
    assert "there is no test 'test_middle.py::test_midle'" in answer["reason"]
    assert "did you mean test_middle.py::test_middle?" in answer["reason"]


def test_tests_that_are_cut_off_are_said_to_be(project: Path) -> None:
    (project / "test_middle.py").write_text(f"import time\n\ntime.sleep(60)\n{TEST}")
    command = ("--test", "python -m pytest test_middle.py", "--time-limit", "5")
    code, answer, _ = _fix(project, *command)
    assert (code, answer["status"], answer["candidates_run"]) == (2, "error", 0)
    assert "the tests were cut off after" in answer["reason"]
    assert "before the first one began" in answer["reason"]
    assert "allow more time with --time-limit" in answer["reason"]


def test_another_copy_of_the_file_is_named_at_once(project: Path) -> None:
    (project / "lib").mkdir()
    (project / "lib" / "middle.py").write_text(BUGGY)
    (project / "src").mkdir()
    (project / "src" / "middle.py").write_text(BUGGY)
    (project / "middle.py").unlink()
    way = "import os, sys\n\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))\n"
    (project / "test_middle.py").write_text(way + TEST)
    test = ("--test", "python -m pytest test_middle.py")
    code, answer, _ = _fix(project, *test, file="src/middle.py")
    assert (code, answer["status"], answer["candidates_run"]) == (2, "error", 0)
    assert f"the tests import {project / 'lib' / 'middle.py'}" in answer["reason"]


@pytest.mark.parametrize("broken", ["conftest.py", "test_middle.py"])
def test_a_syntax_error_is_told_with_its_place(project: Path, broken: str) -> None:
    (project / "test_middle.py").write_text(TEST)
    (project / broken).write_text("x = 1\ndef f(:\n")
    code, answer, _ = _fix(project, "--test", "python -m pytest test_middle.py")
    assert (code, answer["status"], answer["candidates_run"]) == (2, "error", 0)
    assert "not valid Python: invalid syntax" in answer["reason"]
    place = f"{project / broken}:2" if broken == "conftest.py" else f"({broken}, line 2)"
    assert place in answer["reason"]


def test_an_import_error_is_named_where_nothing_is_found(project: Path) -> None:
    (project / "test_middle.py").write_text("from middle import medium\n\n\n" + TEST)
    _, answer, _ = _fix(project, "--test", "python -m pytest test_middle.py")
    assert answer["status"] == "none"
    assert "ImportError: cannot import name 'medium' from 'middle'" in answer["reason"]


def test_a_test_named_from_a_subfolder_is_found(project: Path) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "test_middle.py").write_text(TEST)
    done = _said(
        project / "tests",
        "--test",
        "python -m pytest test_middle.py",
        file="../middle.py",
    )
    assert "the test command runs in" in done.stderr
    assert done.stdout.startswith("--- a/middle.py"), done.stderr


def test_without_a_file_the_one_at_fault_is_chosen(project: Path) -> None:
    """By the ranking of the files that a failing test runs through; where nothing fails, or
    nothing can be chosen, that is said."""
    (project / "middle.py").write_text("def middle(a, b):\n    return (a + bb) / 2\n")
    (project / "report.py").write_text(
        "from middle import middle\n\n\ndef report(a, b):\n    return f'{middle(a, b)}'\n"
    )
    tests = project / "tests"
    tests.mkdir()
    (tests / "test_report.py").write_text(
        "from report import report\n\n\ndef test_report():\n    assert report(2, 4) == '3.0'\n"
    )
    (tests / "test_none.py").write_text("def test_none():\n    assert 1 == 1\n")

    def without_a_file(*words: str, **how: Any) -> tuple[int, dict[str, Any], str]:
        options = ["--json", "--python", sys.executable, "--model", "none"]
        return answered(project, "fix", *options, *words, **how)

    # In a folder that cannot be written: what was found is shown all the same.
    locked = (bwrap_path(), "--dev-bind", "/", "/", "--ro-bind", str(project), str(project))
    code, answer, said = without_a_file("--test", "python -m pytest", "--write", inside=locked)
    assert (code, answer["status"], answer["written"]) == (2, "verified", False), (answer, said)
    assert "middle.py: cannot be written: Read-only file system" in said
    assert "1 other test still passes" in answer["reason"]
    assert Path(answer["file"]).name == "middle.py"
    why = "tests/test_report.py::test_report fails in it"
    assert f"repairing middle.py: {why}" in said
    assert answer["reason"].endswith(f"; chosen: middle.py, since {why}")
    code, answer, _ = without_a_file("--test", "pytest tests/test_none.py")
    assert (code, answer["status"]) == (2, "error")
    assert "the test command passes: there is nothing to repair" in answer["reason"]
    code, answer, _ = without_a_file()
    assert (code, answer["status"]) == (2, "error")
    assert "neither a file nor a test is named" in answer["reason"]
    (tests / "test_none.py").write_text("def test_none():\n    assert 1 == 2\n")
    code, answer, _ = without_a_file("--test", "python -m pytest tests/test_none.py")
    assert (code, answer["status"]) == (2, "error")
    assert "test_none runs through no file" in answer["reason"]
    (tests / "test_none.py").write_text("from middle import absent\n\n\ndef test_none(): ...\n")
    # This command does not put the project's folder on the path.
    code, answer, _ = without_a_file("--test", "pytest tests/test_none.py")
    assert (code, answer["status"]) == (2, "error")
    assert "cannot be imported: ModuleNotFoundError: No module named 'middle'" in answer["reason"]
    assert answer["reason"].count("name the file") == 1
