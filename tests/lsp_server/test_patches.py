from __future__ import annotations

import difflib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.text import Document
from lsp_server.edits import PatchError, apply, read_diff, replacements

LINES = st.lists(st.sampled_from(["a", "b", "", "é🎈", "\fx", "\u2028", "x\r"]), max_size=12)
ENDS = st.booleans()


def git_diff(folder: Path, before: str, after: str) -> str:
    """The diff that git itself makes of two texts."""
    paths = []
    for name, text in (("a", before), ("b", after)):
        path = folder / name / "f.py"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
        paths.append(f"{name}/f.py")
    done = subprocess.run(
        ["git", "-c", "core.autocrlf=false", "diff", "--no-index", "--no-prefix", *paths],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return done.stdout.decode()


def test_what_git_says_is_what_is_done(tmp_path: Path) -> None:
    @settings(max_examples=60, deadline=None)
    @given(LINES, LINES, ENDS, ENDS)
    def check(old: list[str], new: list[str], old_ends: bool, new_ends: bool) -> None:
        before = "\n".join(old) + ("\n" if old and old_ends else "")
        after = "\n".join(new) + ("\n" if new and new_ends else "")
        diff = git_diff(tmp_path, before, after)
        if before == after:
            assert diff == ""
            return
        (patch,) = read_diff(diff)
        assert patch.path == "f.py"
        document = Document(before)
        assert apply(replacements(patch, document), before) == after

    check()


def test_only_what_differs_is_replaced() -> None:
    before = "".join(f"line {n}\n" for n in range(9))
    after = before.replace("line 4\n", "new\n")
    diff = "\n".join(
        difflib.unified_diff(before.split("\n"), after.split("\n"), "a/f.py", "b/f.py", lineterm="")
    )
    (edit,) = replacements(read_diff(diff)[0], Document(before))
    assert (before[edit.start : edit.end], edit.text) == ("line 4\n", "new\n")


DIFF = "--- a/f.py\n+++ b/f.py\n@@ -1,2 +1,2 @@\n x\n-y\n+z\n"


def test_a_patch_for_another_text_is_refused() -> None:
    with pytest.raises(PatchError, match="not what the patch was made for"):
        replacements(read_diff(DIFF)[0], Document("x\nw\n"))


@pytest.mark.parametrize(
    "path",
    ["../f.py", "a/../../f.py", ".git/config", "sub/.git/hooks/x", ".vscode/settings.json",
     ".github/workflows/ci.yml"],
)  # fmt: skip
def test_what_a_repair_never_touches(path: str) -> None:
    with pytest.raises(PatchError):
        read_diff(DIFF.replace("b/f.py", f"b/{path}"))


@pytest.mark.parametrize("text", ["", "hello", "--- a/f.py\n", DIFF[:-3], DIFF.replace("-y", "?y")])
def test_what_is_no_diff_is_refused(text: str) -> None:
    with pytest.raises(PatchError):
        read_diff(text)


def test_names_that_git_quotes() -> None:
    diff = DIFF.replace("b/f.py", '"b/caf\\303\\251 1.py"')
    assert read_diff(diff)[0].path == "café 1.py"
