"""The frame of the command line: what it says to wrong words and how trust is remembered."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from pilotfish.console import out
from pilotfish.main import COMMANDS, main, parser_for
from pilotfish.options import parse_location
from pilotfish.report import text

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")


def _run(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_CONFIG_HOME": str(home), "HOME": str(home)}
    return subprocess.run(
        [PILOTFISH, *words], capture_output=True, text=True, env=environment, check=False
    )


def test_an_unknown_command_names_the_nearest(tmp_path: Path) -> None:
    done = _run("chekc", home=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "did you mean 'check'?" in done.stderr


def test_a_wrong_option_is_told_in_two_lines_with_the_nearest(tmp_path: Path) -> None:
    done = _run("check", "--fixx", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: pilotfish check: unrecognized arguments: --fixx",
        " help: did you mean --fix? see pilotfish check --help",
    ]


@pytest.mark.process
def test_bash_completes_commands_and_options_from_the_printed_script(tmp_path: Path) -> None:
    script = _run("--print-completion", "bash", home=tmp_path)
    assert (script.returncode, script.stderr) == (0, "")
    (tmp_path / "script").write_text(script.stdout)

    def completed(*words: str) -> list[str]:
        line = """source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"
            COMP_POINT=${#COMP_LINE}; _shtab_pilotfish; printf "%s\\n" "${COMPREPLY[@]}" """
        done = subprocess.run(
            ["bash", "-c", line, str(tmp_path / "script"), *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    assert completed("pilotfish", "comp") == ["complete"]
    assert completed("pilotfish", "check", "--out") == ["--output-file"]
    assert "sarif" in completed("pilotfish", "check", "--format", "s")


@pytest.mark.process
def test_zsh_and_fish_are_told_every_command_and_option(tmp_path: Path) -> None:
    for shell in ("zsh", "fish"):
        script = _run("--print-completion", shell, home=tmp_path).stdout
        for name in COMMANDS:
            assert name in script
            for option in re.findall(r"--([a-z-]+)", parser_for(name).format_usage()):
                assert option in script, (shell, name, option)
    unknown = _run("--print-completion", "ksh", home=tmp_path)
    assert (unknown.returncode, "'bash', 'zsh', 'fish'" in unknown.stderr) == (2, True)


@pytest.mark.process
def test_colours_are_used_as_asked(tmp_path: Path) -> None:
    for words, plain in (((), True), (("--color", "never"), True), (("--color", "always"), False)):
        for name in ("0", "1"):
            environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "NO_COLOR": name}
            done = subprocess.run(
                [PILOTFISH, "check", "absent.py", *words],
                capture_output=True,
                text=True,
                env=environment,
                check=False,
            )
            assert ("\x1b" not in done.stderr) is plain, words


def test_the_package_runs_as_a_module(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    words = [sys.executable, "-m", "pilotfish", "chekc"]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2
    assert "did you mean 'check'?" in done.stderr


def test_trust_is_remembered_and_taken_back(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20c"
    folder.mkdir()
    assert _run("trust", str(folder), home=tmp_path).returncode == 0
    assert _run("trust", "--list", home=tmp_path).stdout == f"{folder}\n"
    assert _run("trust", "--remove", str(folder), home=tmp_path).returncode == 0
    assert _run("trust", "--list", home=tmp_path).stdout == ""
    assert _run("trust", "--remove", str(folder), home=tmp_path).returncode == 1


def test_trusting_nothing_is_a_usage_error(tmp_path: Path) -> None:
    done = _run("trust", str(tmp_path / "absent"), home=tmp_path)
    assert done.returncode == 2
    assert "no such folder" in done.stderr


@pytest.mark.parametrize("text", ["app.py", "app.py:3", "app.py:0:1", "app.py:x:1", ":1:1"])
def test_a_bad_location_is_explained(text: str) -> None:
    with pytest.raises(Exception, match="FILE:LINE:COL"):
        parse_location(text)


def test_a_location_counts_from_one_and_may_hold_colons() -> None:
    assert parse_location("c:odd/app.py:12:5") == (Path("c:odd/app.py"), 11, 4)


def test_what_a_file_holds_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    out().print("a :smile: [b]", markup=False)
    assert capsys.readouterr().out == "a :smile: [b]\n"


def test_an_interrupt_while_a_command_is_loaded_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Importing what ``fix`` needs takes as long as a hasty Ctrl-C."""

    def interrupted(name: str) -> None:
        raise KeyboardInterrupt(name)

    monkeypatch.setattr("importlib.import_module", interrupted)
    assert main(["fix", "m.py"]) == 130
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("fix", "nothing.py"), "nothing.py: no such file"),
        (("implement", "nothing.py"), "nothing.py: expected FILE:FUNCTION"),
        (("optimize", "nothing.py:f"), "nothing.py: no such file"),
        (("debug", "."), ".: this is a folder, not a file (name one file of it)"),
        (("complete", "nothing.py:1:1"), "nothing.py: cannot be read: No such file or directory"),
        (("graph", "callers", "nothing.at.all"), "nothing in the code graph is called"),
        (("model", "verify", "nothing"), "unknown model 'nothing'"),
    ],
)
def test_an_error_is_json_where_json_is_wanted(
    words: tuple[str, ...],
    reason: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--json"]) == 2
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert document["status"] == "error"
    assert reason in document["reason"]
    assert "error" not in said.err
    # The same fields as another answer has.
    assert ("candidates_run" in document) == (words[0] in ("fix", "implement", "optimize"))
    assert main([*words]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("error: ")) == ("", 1)


def test_a_defect_of_ours_is_an_answer_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_options: object) -> int:
        raise SystemError("AST constructor recursion depth mismatch")

    monkeypatch.setattr("pilotfish.commands.fix.run", broken)
    assert main(["fix", "m.py", "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["reason"] == "internal error: SystemError"
    assert "SystemError in broken" in said.err


def test_a_diff_and_its_context_can_be_read_on_light_and_on_dark_terminals() -> None:
    """Only what the terminal chose for text, and colours that stand out from both: no white or
    black, none in front and none behind."""
    patch = (
        "--- a/m.py\n+++ b/m.py\n@@ -1,2 +1,2 @@\n def f():  # a\n-    return 'b'\n+    return 2\n"
    )
    written = io.StringIO()
    console = Console(force_terminal=True, color_system="standard", file=written, width=80)
    console.print(text.diff(patch))
    for line in text.python('@x\nclass A:\n    """A."""\n    b = not 1.5 + f(2)  # c\n'):
        console.print(line)
    shown = written.getvalue()
    codes = {
        int(code) for found in re.findall(r"\x1b\[([\d;]*)m", shown) for code in found.split(";")
    }
    assert {31, 32, 36} <= codes
    assert codes <= {0, 1, 2, 31, 32, 35, 36, 49}, shown
