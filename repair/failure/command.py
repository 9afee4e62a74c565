"""What a test command means: which runner, which tests, and what the rest of its suite is.

A command is whatever a shell takes. The usual spellings of pytest, unittest, doctest and plain
``python`` are recognized, because then single tests can be told apart and run in a fork; anything
else is run as it stands and has an exit code.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from repair.sandbox.run import Plan

_PYTHON = re.compile(r"^python(\d(\.\d+)?)?$")
_ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")
#: Interpreter options that change nothing about how a test runs in a fork.
_HARMLESS = frozenset({"-B", "-u", "-s", "-q"})
#: pytest's options whose value is the next word.
_PYTEST_VALUES = frozenset(
    [
        "-k",
        "-m",
        "-c",
        "-o",
        "-p",
        "-W",
        "-n",
        "-r",
        "--rootdir",
        "--confcutdir",
        "--ignore",
        "--ignore-glob",
        "--deselect",
        "--maxfail",
        "--tb",
        "--color",
        "--durations",
        "--basetemp",
        "--import-mode",
        "--junitxml",
        "--log-level",
        "--cov",
        "--cov-report",
        "--timeout",
        "--override-ini",
        "--config-file",
        "--pythonwarnings",
        "--verbosity",
        "--numprocesses",
    ]
)
#: Options that narrow which tests run, with and without a value: the suite is without them.
_PYTEST_NARROW_VALUES = frozenset({"-k", "-m", "--deselect", "--ignore", "--ignore-glob"})
_PYTEST_NARROW = frozenset({"--lf", "--last-failed", "--ff", "--failed-first", "--sw", "--nf"})
#: Options that stop early, debug, or run elsewhere: of no use where every test's fate counts.
_PYTEST_DROPPED = frozenset({"-x", "--exitfirst", "--pdb", "--trace", "--stepwise"})
_PYTEST_DROPPED_VALUES = frozenset({"-n", "--numprocesses", "--maxfail"})


@dataclass(frozen=True, slots=True)
class TestCommand:
    """A parsed command. ``suite`` is the same runner's suite for the workspace, if it has one.

    ``neighbours`` runs all tests of the files that the command names: passing ones there tell
    which lines are innocent. ``python`` is the interpreter that the command itself names by a
    path, or ``None``. ``lint`` are the options of each ``ruff check`` in front of the tests in the
    same command: the plan is of the tests alone, its ``command`` is all of it. Where there are no
    tests behind it, the plan is opaque.
    """

    __test__ = False  # pytest would collect it by its name

    plan: Plan
    suite: Plan | None = None
    neighbours: Plan | None = None
    python: str | None = None
    lint: tuple[tuple[str, ...], ...] = ()

    @property
    def recognized(self) -> bool:
        """Whether single tests can be told apart."""
        return self.plan.runner != "command"


def parse(command: str, root: str) -> TestCommand:
    """The meaning of ``command`` in the folder ``root``. Never fails: a shell takes anything."""
    opaque = TestCommand(Plan("command", command, (), root))
    words = _words(command)
    if not words:
        return opaque
    cwd = root
    if len(words) > 3 and words[0] == "cd" and words[2] == "&&":
        cwd = str(Path(root, words[1]))
        words = words[3:]
    lint = []
    while (end := _lint(words)) is not None:
        lint.append(_lint_options(words[:end]))
        words = words[end + 1 :]
    if lint and not words:
        return replace(opaque, lint=tuple(lint))
    if lint:
        known = _simple(command, words, root, cwd)
        return replace(known, lint=tuple(lint)) if known is not None else opaque
    return _simple(command, words, root, cwd) or opaque


def _simple(command: str, words: list[str], root: str, cwd: str) -> TestCommand | None:
    """The meaning of ``words``, a part of ``command`` that a shell runs in ``cwd``; ``None`` where
    there is none that is known."""
    opaque = TestCommand(Plan("command", command, (), root))
    if any(set(word) <= set("();<>|&") for word in words):
        return None
    env = []
    while words and _ASSIGNMENT.match(words[0]):
        key, _, value = words.pop(0).partition("=")
        env.append((key, value))
    if not words:
        return None
    base = Plan("", command, (), cwd, env=tuple(env))
    name, python = Path(words[0]).name, _interpreter_of(words[0], cwd)
    if name in ("pytest", "py.test"):
        return _pytest(base, words[1:], python)
    if not _PYTHON.match(name):
        return None
    rest = words[1:]
    while rest and rest[0] in _HARMLESS:
        rest.pop(0)
    return _python(base, rest, python) or replace(opaque, python=python)


#: Options of ``ruff check`` that say what is looked for, each with its value behind it.
_LINT_VALUES = frozenset({"--select", "--extend-select", "--ignore", "--extend-ignore", "--config"})


def _lint(words: list[str]) -> int | None:
    """Where ``ruff check …`` ends, before ``&&`` or with the command, if that is how ``words``
    begin."""
    start = words[2:] if words[1:2] == ["-m"] and _PYTHON.match(Path(words[0]).name) else words
    if not start or Path(start[0]).name != "ruff" or start[1:2] != ["check"]:
        return None
    end = words.index("&&") if "&&" in words else len(words)
    return None if any(set(word) <= set("();<>|&") for word in words[:end]) else end


def _lint_options(words: list[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for option, value in pairwise([*words, ""]):
        if option in _LINT_VALUES:
            kept += [option, value]
        elif option.partition("=")[0] in _LINT_VALUES or option == "--isolated":
            kept.append(option)
    return tuple(kept)


def _words(command: str) -> list[str]:
    """The words of a simple command, or none where a shell would expand or combine."""
    if re.search(r"[$`*?~\n]", command) or command.rstrip().endswith("&"):
        return []
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return []


def _interpreter_of(word: str, cwd: str) -> str | None:
    """The interpreter that a command's first word names by its path, if it does."""
    if "/" not in word:
        return None
    path = Path(cwd, word)
    if _PYTHON.match(path.name):
        return str(path)
    beside = path.parent / "python"
    return str(beside) if beside.is_file() else None


def _python(base: Plan, rest: list[str], python: str | None) -> TestCommand | None:
    cwd = base.cwd
    if len(rest) >= 2 and rest[0] == "-m":
        module, arguments = rest[1], rest[2:]
        if module in ("pytest", "py.test"):
            return _pytest(replace(base, path0=cwd), arguments, python)
        if module == "unittest":
            return _unittest(replace(base, path0=cwd), arguments, python)
        if module == "doctest" and arguments:
            plan = replace(base, runner="doctest", args=tuple(arguments), path0=cwd)
            return TestCommand(plan, suite=plan, python=python)
        plan = replace(base, runner="module", args=(module, *arguments), path0=cwd)
        return TestCommand(plan, python=python)
    if len(rest) >= 2 and rest[0] == "-c":
        plan = replace(base, runner="code", args=tuple(rest[1:]), path0=cwd)
        return TestCommand(plan, python=python)
    if rest and not rest[0].startswith("-"):
        script = Path(cwd, rest[0])
        if script.is_file():
            plan = replace(base, runner="script", args=tuple(rest), path0=str(script.parent))
            return TestCommand(plan, python=python)
    return None


def _unittest(base: Plan, arguments: list[str], python: str | None) -> TestCommand:
    kept = [w for w in arguments if w not in ("-f", "--failfast", "-b", "--buffer", "-c")]
    plan = replace(base, runner="unittest", args=tuple(kept))
    if kept and kept[0] == "discover":
        whole = replace(plan, args=tuple(_without(kept, frozenset({"-k"}), frozenset())))
        return TestCommand(plan, suite=whole, python=python)
    if not any(not word.startswith("-") for word in kept):
        return TestCommand(plan, suite=plan, python=python)
    files = [word for word in kept if not word.startswith("-")]
    modules = dict.fromkeys(_module_of(word, base.cwd) for word in files)
    near = replace(plan, args=tuple(modules))
    whole = replace(plan, args=("discover",))
    if not any(Path(base.cwd).glob("test*.py")):
        # Discovery would find nothing from here: the modules that were named are what is known.
        whole = near
    return TestCommand(plan, suite=whole, neighbours=near, python=python)


def _module_of(name: str, cwd: str) -> str:
    """The module part of ``package.module.Class.test``, or a file name as it is."""
    if name.endswith(".py"):
        return name
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        path = Path(cwd, *parts[:end])
        if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
            return ".".join(parts[:end])
    return name


def _pytest(base: Plan, arguments: list[str], python: str | None) -> TestCommand:
    kept = _without(arguments, _PYTEST_DROPPED_VALUES, _PYTEST_DROPPED)
    plan = replace(base, runner="pytest", args=tuple(kept))
    options = _without(kept, _PYTEST_NARROW_VALUES, _PYTEST_NARROW)
    named = [word for word, is_value in _marked(options) if not is_value and word[:1] != "-"]
    general = [w for w, is_value in _marked(options) if is_value or w[:1] == "-"]
    suite = replace(plan, args=tuple(general))
    files = dict.fromkeys(word.partition("::")[0] for word in named)
    near = replace(plan, args=(*general, *files)) if files else None
    return TestCommand(plan, suite=suite, neighbours=near, python=python)


def _marked(words: list[str]) -> list[tuple[str, bool]]:
    """Each word, and whether it is the value of the option before it."""
    marked = []
    is_value = False
    for word in words:
        marked.append((word, is_value))
        is_value = not is_value and word in _PYTEST_VALUES
    return marked


def _without(words: list[str], with_value: frozenset[str], alone: frozenset[str]) -> list[str]:
    """``words`` without some options, whether spelled ``-n 2``, ``-n2`` or ``--maxfail=2``."""
    kept = []
    skip = False
    for word, is_value in _marked(words):
        if skip:
            skip = False
            continue
        if is_value:
            kept.append(word)
        elif word in with_value:
            skip = True
        elif (
            word in alone
            or word.partition("=")[0] in with_value
            or (word[:2] in with_value and len(word) > 2 and not word.startswith("--"))
        ):
            continue
        else:
            kept.append(word)
    return kept
