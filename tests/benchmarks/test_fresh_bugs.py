"""The corpus of fresh bugs holds what it says: each bug applies, and its tests catch it."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.bug_corpus import (
    FRESH_BUGS,
    Bug,
    CorpusError,
    add_hidden_tests,
    apply,
    copy_project,
    load_bugs,
    read_bug,
    remove_tests,
)
from benchmarks.forked_pytest import TIMED_OUT, Pool

pytestmark = pytest.mark.process

BUGS = load_bugs()


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(time_limit=30) as warm:
        yield warm


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy that is compiled already: pytest rewrites the asserts of a file only once."""
    copy = copy_project(tmp_path_factory.mktemp("fresh") / "project")
    add_hidden_tests(copy)
    subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider"],
        cwd=copy,
        check=True,
        stdout=subprocess.DEVNULL,
        env={"PYTHONDONTWRITEBYTECODE": "", "PATH": "/usr/bin:/bin"},
    )
    return copy


def forget_compiled(project: Path, bug: Bug) -> None:
    """Drop the compiled form of what ``bug`` edits.

    Python knows a stale one by size and time in whole seconds, and would run old code after an
    edit that is quick and keeps the size.
    """
    for edit in bug.edits:
        path = project / edit.file
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()


def test_the_clean_project_passes_everything(pool: Pool, project: Path) -> None:
    outcome = pool.run(project)
    assert outcome.failed == ()
    assert outcome.exit_code == 0
    assert len(outcome.passed) >= 150


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_is_caught_by_the_tests_it_names(bug: Bug, pool: Pool, project: Path) -> None:
    clean = {edit.file: (project / edit.file).read_text(encoding="utf-8") for edit in bug.edits}
    apply(bug, project)
    forget_compiled(project, bug)
    try:
        outcome = pool.run(project, [*bug.tests, bug.hidden])
    finally:
        for file, text in clean.items():
            (project / file).write_text(text, encoding="utf-8")
    assert bug.hidden.startswith("tests/hidden/")
    assert outcome.failed_functions == {*bug.tests, bug.hidden}
    assert outcome.exit_code == 1


def test_the_corpus_is_as_large_and_as_mixed_as_it_claims() -> None:
    lines = sum(
        len(path.read_text(encoding="utf-8").splitlines())
        for path in (FRESH_BUGS / "project" / "depot").glob("*.py")
    )
    spans = Counter(bug.span for bug in BUGS)
    assert lines >= 1500
    assert len(BUGS) >= 45
    assert spans["two-line"] >= 8
    assert spans["cross-function"] + spans["cross-file"] >= 5
    assert len({bug.kind for bug in BUGS}) >= 20


def test_the_readme_counts_the_kinds() -> None:
    readme = (FRESH_BUGS.parent / "README.md").read_text(encoding="utf-8")
    for kind, count in Counter(bug.kind for bug in BUGS).items():
        assert f"| {kind} | {count} |" in readme, kind
    assert f"{len(BUGS)} bugs" in readme


def test_every_edit_changes_code_that_still_compiles(project: Path) -> None:
    for bug in BUGS:
        for edit in bug.edits:
            assert edit.old != edit.new
            text = (project / edit.file).read_text(encoding="utf-8")
            for other in bug.edits:
                if other.file == edit.file:
                    text = text.replace(other.old, other.new)
            compile(text, edit.file, "exec")


def test_a_bug_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    copy = copy_project(tmp_path / "project")
    apply(BUGS[0], copy)
    with pytest.raises(CorpusError, match="is there 0 times"):
        apply(BUGS[0], copy)


@pytest.mark.parametrize(
    "text", ["", "kind = 1", "kind = [", 'kind="a"\nspan="b"\ndescription=""\nedits=[]\ntests=[]']
)
def test_a_file_that_is_no_bug_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(CorpusError):
        read_bug(path)


def test_held_back_tests_are_removed_with_their_marks(pool: Pool, tmp_path: Path) -> None:
    copy = copy_project(tmp_path / "project")
    before = pool.run(copy, ["tests/test_money.py"])
    gone = ["tests/test_money.py::test_parse", "tests/test_money.py::test_total"]
    remove_tests(copy, gone)
    after = pool.run(copy, ["tests/test_money.py"])
    assert after.exit_code == 0
    assert set(after.passed) == {
        node for node in before.passed if node.partition("[")[0] not in gone
    }
    with pytest.raises(CorpusError, match="no test test_total"):
        remove_tests(copy, gone[1:])


def test_a_run_that_hangs_is_ended(tmp_path: Path) -> None:
    (tmp_path / "test_hang.py").write_text("def test_hang():\n    while True:\n        pass\n")
    with Pool(time_limit=1) as hasty:
        assert hasty.run(tmp_path).exit_code == TIMED_OUT
        (tmp_path / "test_hang.py").write_text("def test_quick():\n    assert True\n")
        assert hasty.run(tmp_path).exit_code == 0
