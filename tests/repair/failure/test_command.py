"""What test commands mean, in the spellings people use."""

from __future__ import annotations

from pathlib import Path

import pytest

from repair.failure.command import parse


@pytest.fixture
def root(tmp_path: Path) -> str:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").touch()
    (tmp_path / "tests" / "__init__.py").touch()
    (tmp_path / "test_b.py").touch()
    (tmp_path / "run me.py").touch()
    return str(tmp_path)


@pytest.mark.parametrize(
    ("command", "runner", "args"),
    [
        ("pytest", "pytest", ()),
        ("pytest tests/test_a.py::test_x[1-a]", "pytest", ("tests/test_a.py::test_x[1-a]",)),
        ("python -m pytest -x -q --maxfail=1 tests", "pytest", ("-q", "tests")),
        ("python3.11 -m pytest -n 4 -k 'a and b'", "pytest", ("-k", "a and b")),
        ("py.test -n4 -p no:x --lf", "pytest", ("-p", "no:x", "--lf")),
        ("python -m unittest -f tests.test_a.T.test_x", "unittest", ("tests.test_a.T.test_x",)),
        ("python -m unittest discover -s tests", "unittest", ("discover", "-s", "tests")),
        ("python -m doctest -v mod.py", "doctest", ("-v", "mod.py")),
        ("python 'run me.py' --fast", "script", ("run me.py", "--fast")),
        ("python -u test_b.py", "script", ("test_b.py",)),
        ("python -c 'import m; assert m.f()'", "code", ("import m; assert m.f()",)),
        ("python -m mypackage --self-test", "module", ("mypackage", "--self-test")),
    ],
)
def test_recognized(command: str, runner: str, args: tuple[str, ...], root: str) -> None:
    plan = parse(command, root).plan
    assert (plan.runner, plan.args) == (runner, args)


@pytest.mark.parametrize(
    "command",
    [
        "make test",
        "pytest && echo done",
        "pytest | tee log",
        "python absent.py",
        "python -O test_b.py",
        "python $SCRIPT",
        "pytest tests/*.py",
        "pytest 'unclosed",
        "./check.sh",
        "",
    ],
)
def test_anything_else_is_left_to_the_shell(command: str, root: str) -> None:
    parsed = parse(command, root)
    assert parsed.plan.runner == "command"
    assert parsed.plan.command == command
    assert parsed.suite is None


def test_where_it_runs_and_with_what(root: str) -> None:
    plan = parse("cd tests && PYTHONPATH=.. DEBUG=1 python -m pytest test_a.py", root).plan
    assert plan.cwd == f"{root}/tests"
    assert plan.path0 == plan.cwd
    assert plan.env == (("PYTHONPATH", ".."), ("DEBUG", "1"))
    assert parse("pytest", root).plan.path0 is None


def test_the_suite_is_the_command_without_what_narrows_it(root: str) -> None:
    parsed = parse("pytest -q -c cfg.ini -k one --deselect=t::x tests/test_a.py::test_x", root)
    assert parsed.suite is not None
    assert parsed.neighbours is not None
    assert parsed.suite.args == ("-q", "-c", "cfg.ini")
    assert parsed.neighbours.args == ("-q", "-c", "cfg.ini", "tests/test_a.py")


def test_the_suite_of_unittest(root: str) -> None:
    parsed = parse("python -m unittest tests.test_a.T.test_x", root)
    assert parsed.suite is not None
    assert parsed.neighbours is not None
    assert parsed.suite.args == ("discover",)
    assert parsed.neighbours.args == ("tests.test_a",)


def test_an_interpreter_named_by_its_path(root: str) -> None:
    assert parse("env/bin/python -m pytest", root).python == f"{root}/env/bin/python"
    assert parse("/opt/py/bin/python3 test_b.py", root).python == "/opt/py/bin/python3"
    assert parse("python -m pytest", root).python is None


def test_a_linter_before_the_tests_is_told_apart(root: str) -> None:
    command = "ruff check --select E,F a.py && python -m ruff check . && python -m pytest test_a.py"
    parsed = parse(command, root)
    assert parsed.lint == (("--select", "E,F"), ())
    assert (parsed.plan.runner, parsed.plan.args) == ("pytest", ("test_a.py",))
    assert parsed.plan.command == command
    alone = parse("ruff check a.py", root)
    assert (alone.plan.runner, alone.lint) == ("command", ((),))
    assert parse("ruff check a.py | cat", root).lint == ()
    other = parse("ruff check a.py && make test", root)
    assert (other.plan.runner, other.plan.command) == ("command", "ruff check a.py && make test")
