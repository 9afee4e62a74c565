"""How the benchmarks of repair apply and judge a patch, on real repositories and patches."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import pytest

from benchmarks import fresh_bugs
from benchmarks.bug_corpus import FRESH_BUGS, Bug, copy_project, load_bugs
from benchmarks.fixing import Answer, BenchmarkError, apply_answer, choose, commit, git
from benchmarks.forked_pytest import Pool

pytestmark = pytest.mark.process

BUGS = {bug.name: bug for bug in load_bugs()}


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(time_limit=60) as warm:
        yield warm


def answer(patch: str, status: str = "verified") -> Answer:
    return Answer(status, patch, 1.0, 1, 0, "test")


def patch_between(folder: Path, file: str, old: str, new: str) -> str:
    """The diff of an edit to the committed ``folder``, which is undone again."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    diff = git(folder, "diff").stdout
    git(folder, "checkout", "--quiet", ".")
    return diff


@pytest.fixture
def bug() -> Bug:
    return BUGS["catalog-break-boundary"]


@pytest.fixture
def workspace(bug: Bug, tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    fresh_bugs.prepare(bug, folder, FRESH_BUGS)
    commit(folder)
    return folder


def test_the_right_patch_is_right_and_exact(
    bug: Bug, workspace: Path, pool: Pool, tmp_path: Path
) -> None:
    edit = bug.edits[0]
    patch = patch_between(workspace, edit.file, edit.new, edit.old)
    assert apply_answer(workspace, answer(patch), "depot/")
    assert fresh_bugs.judge(workspace, "depot", pool, tmp_path / "judged") == (True, True)


def test_another_way_to_be_right_is_not_exact(workspace: Path, pool: Pool, tmp_path: Path) -> None:
    patch = patch_between(
        workspace, "depot/catalog.py", "if quantity > least:", "if quantity + 1 > least:"
    )
    assert apply_answer(workspace, answer(patch), "depot/")
    assert fresh_bugs.judge(workspace, "depot", pool, tmp_path / "judged") == (True, False)


def test_a_patch_that_fits_only_the_given_tests_is_wrong(
    workspace: Path, pool: Pool, tmp_path: Path
) -> None:
    patch = patch_between(
        workspace, "depot/catalog.py", "if quantity > least:", "if quantity > least or least == 10:"
    )
    assert apply_answer(workspace, answer(patch), "depot/")
    assert fresh_bugs.judge(workspace, "depot", pool, tmp_path / "judged") == (False, False)


def test_a_patch_of_a_test_is_refused(workspace: Path) -> None:
    patch = patch_between(
        workspace, "tests/test_catalog.py", "import pytest\n", "import pytest\nimport sys\n"
    )
    assert patch
    assert not apply_answer(workspace, answer(patch), "depot/")


@pytest.mark.parametrize("given", [answer(""), answer("nonsense"), answer("", "none")])
def test_no_patch_is_no_success(workspace: Path, given: Answer) -> None:
    assert not apply_answer(workspace, given, "depot/")


def test_a_workspace_that_was_written_to_is_refused(bug: Bug, workspace: Path) -> None:
    edit = bug.edits[0]
    patch = patch_between(workspace, edit.file, edit.new, edit.old)
    path = workspace / "depot" / "money.py"
    path.write_text(path.read_text(encoding="utf-8") + "# written\n", encoding="utf-8")
    assert not apply_answer(workspace, answer(patch), "depot/")


def test_a_new_file_is_refused(workspace: Path) -> None:
    (workspace / "depot" / "extra.py").write_text("x = 1\n", encoding="utf-8")
    git(workspace, "add", "--intent-to-add", "depot/extra.py")
    patch = git(workspace, "diff").stdout
    git(workspace, "reset", "--quiet")
    (workspace / "depot" / "extra.py").unlink()
    assert not apply_answer(workspace, answer(patch), "depot/")


def test_some_tests_are_held_back_wherever_two_catch_a_bug() -> None:
    for bug in BUGS.values():
        given, held_back = fresh_bugs.divide(bug)
        assert set(given) | set(held_back) == set(bug.tests)
        assert given
        if len(bug.tests) > 1:
            assert len(held_back) >= 0.4 * len(bug.tests)
        else:
            assert not held_back


def test_what_is_held_back_is_not_in_the_workspace(tmp_path: Path) -> None:
    bug = next(bug for bug in BUGS.values() if len(bug.tests) > 2)
    folder = tmp_path / "work"
    given, held_back = fresh_bugs.prepare(bug, folder, FRESH_BUGS)
    texts = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("test_*.py"))
    for node in given:
        assert f"def {node.rpartition('::')[2]}(" in texts
    for node in held_back:
        assert f"def {node.rpartition('::')[2]}(" not in texts


def test_bugs_are_chosen_by_kind_span_or_name(pool: Pool) -> None:
    cases = [fresh_bugs.case(bug, FRESH_BUGS, pool, Lock()) for bug in BUGS.values()]
    assert {case.kind for case in choose(cases, ["regex"])} == {"regex"}
    assert [case.name for case in choose(cases, ["store-overwrites"])] == ["store-overwrites"]
    assert choose(cases, []) == cases
    with pytest.raises(BenchmarkError, match="no such bugs"):
        choose(cases, ["nonsense"])


def test_a_wrong_choice_ends_with_an_explanation(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.fresh_bugs", "--only", "nonsense"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert ended.returncode == 2
    assert "there are no such bugs" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_copy_of_another_corpus(tmp_path: Path) -> None:
    other = tmp_path / "corpus"
    (other / "project" / "pkg").mkdir(parents=True)
    (other / "project" / "pkg" / "a.py").write_text("x = 1\n", encoding="utf-8")
    copy = copy_project(tmp_path / "copy", other)
    commit(copy)
    assert (copy / "pkg" / "a.py").read_text(encoding="utf-8") == "x = 1\n"
    assert git(copy, "ls-files").stdout == "pkg/a.py\n"
