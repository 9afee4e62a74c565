"""Entry point of the command line: picks a command, runs it, turns errors into exit codes.

Exit codes (docs/command-line.md): 0 nothing left to say, 1 findings or not repaired, 2 usage or
environment error. Only the chosen command's module is imported, which keeps start-up short.
"""

from __future__ import annotations

import _thread
import argparse
import importlib
import os
import sys
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn, Protocol

from analysis.errors import ExplainedError
from decoding.errors import CancelledError
from pilotfish.console import explain, has_answered, print_document, report_bug, speak

#: Commands in the order that ``--help`` shows them, each a module of ``pilotfish.commands``.
COMMANDS: dict[str, str] = {
    "check": "find invented API and lint; --fix fixes what is safe",
    "fix": "repair a file until a failing test passes, and show the verified diff",
    "implement": "write a function from its docstring, examples and tests, and run it",
    "optimize": "make a function faster: measured, with the same results",
    "debug": "trace a failing test block by block, with values and suspicion",
    "complete": "print the completion at a position",
    "inspect": "list the names that are valid at a position, and how certain the list is",
    "view": "show the syntax, control flow, data flow or calls of a file",
    "graph": "query callers, uses and subclasses over a whole project",
    "serve": "run the language server on standard input and output",
    "mcp": "serve facts and repairs to assistants over the Model Context Protocol",
    "model": "list, download and verify models",
    "trust": "trust a workspace, so that its interpreter may be started",
    "doctor": "check this installation, and say how to fix what is broken",
}

USAGE_ERROR = 2
SHELLS = ("bash", "zsh", "fish")


class Command(Protocol):
    """What a module of ``pilotfish.commands`` provides."""

    EXAMPLES: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options."""
        ...

    def run(self, options: argparse.Namespace) -> int:
        """Run and return the exit code."""
        ...


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        import difflib

        # What was mistyped and what is near; all options at once would bury both.
        known = [option for action in self._actions for option in action.option_strings]
        unknown = message.partition("unrecognized arguments: ")[2].partition("=")[0]
        near = difflib.get_close_matches(unknown, known, 1) if unknown.startswith("-") else []
        help = f"did you mean {near[0]}? " if near else ""
        explain(message, where=self.prog, help=f"{help}see {self.prog} --help")
        sys.exit(USAGE_ERROR)


def _top_level() -> _Parser:
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    parser = _Parser(
        prog="pilotfish",
        usage="pilotfish COMMAND [options]",
        description="Keeps a local model's Python true to the code around it.",
        epilog=f"commands:\n{listing}\n\nSee pilotfish COMMAND --help for options and examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pilotfish {version('pilotfish')}")
    parser.add_argument(
        "--print-completion",
        metavar="SHELL",
        choices=SHELLS,
        help=f"print a completion script for {', '.join(SHELLS)}, and exit",
    )
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    return parser


def completion(shell: str) -> str:
    """The script that completes commands, options and files in ``shell``, one of ``SHELLS``."""
    import shtab

    whole = argparse.ArgumentParser(prog="pilotfish", parents=[_top_level()], add_help=False)
    # The place of the command is the sub-parser's here.
    whole._actions[:] = [each for each in whole._actions if each.dest != "command"]
    commands = whole.add_subparsers(dest="command")
    for name, text in COMMANDS.items():
        parser = parser_for(name)
        for action in parser._actions:
            if isinstance(action.choices, dict):
                # A mapping is taken for sub-parsers.
                action.choices = list(action.choices)
            if action.type is Path or "FILE" in str(action.metavar):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
        commands.add_parser(name, help=text, parents=[parser], add_help=False)
    return shtab.complete(whole, shell)


def load(name: str) -> Command:
    """The module of command ``name``."""
    module: Command = importlib.import_module(f"pilotfish.commands.{name}")
    return module


def parser_for(name: str) -> argparse.ArgumentParser:
    """The complete parser of command ``name``, as ``--help`` shows it."""
    command = load(name)
    parser = _Parser(
        prog=f"pilotfish {name}",
        description=COMMANDS[name][0].upper() + COMMANDS[name][1:] + ".",
        epilog=f"examples:\n{command.EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    group = parser.add_argument_group("output options")
    group.add_argument("-q", "--quiet", action="store_true", help="print results and errors only")
    group.add_argument("-v", "--verbose", action="store_true", help="print more details")
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="use colours (default: auto, on a terminal unless NO_COLOR is set)",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _look_for_programs_in_no_workspace()
    if not words or words[0].startswith("-"):
        asked = _top_level().parse_args(words)
        if asked.print_completion:
            sys.stdout.write(completion(asked.print_completion))
            return 0
        _top_level().print_help(sys.stderr)
        return USAGE_ERROR
    speak()
    name = words[0]
    if name not in COMMANDS:
        import difflib

        near = difflib.get_close_matches(name, COMMANDS, 1)
        explain(
            f"unknown command '{name}'",
            where="pilotfish",
            help=f"did you mean '{near[0]}'?" if near else "see pilotfish --help",
        )
        return USAGE_ERROR
    _repeat_lost_interrupts()
    options: argparse.Namespace | None = None
    try:
        options = parser_for(name).parse_args(words[1:])
        speak(quiet=options.quiet, verbose=options.verbose, color=options.color)
        return load(name).run(options)
    except ExplainedError as error:
        if not _answered(options, name, str(error)):
            for each in (error, *getattr(error, "others", ())):
                explain(each.what, where=each.where, help=each.help)
        return USAGE_ERROR
    except (KeyboardInterrupt, CancelledError):
        if not _answered(options, name, "interrupted"):
            explain("interrupted")
        return 130
    except BrokenPipeError:
        # The reader of our output went away (``| head``): not an error of ours, and Python must
        # not try to flush the broken pipe again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - invariant 10: a bug is reported, not dumped
        report_bug(error)
        _answered(options, name, f"internal error: {type(error).__name__}")
        return USAGE_ERROR


def _answered(options: argparse.Namespace | None, name: str, reason: str) -> bool:
    """Under ``--json``, print why there is no other answer as the answer; whether that was done."""
    if not getattr(options, "json", False) or has_answered():
        return False
    failed = getattr(load(name), "failed", lambda reason: {"status": "error", "reason": reason})
    print_document(failed(reason))
    return True


def _repeat_lost_interrupts() -> None:
    """Have a Ctrl-C that came in a finalizer come again.

    Python ignores what a ``__del__`` or the callback of a weak reference raises, a
    ``KeyboardInterrupt`` too, and the command would go on as if nobody had asked it to stop.
    """
    before = sys.unraisablehook

    def told(lost: sys.UnraisableHookArgs) -> None:
        if lost.exc_type is not None and issubclass(lost.exc_type, KeyboardInterrupt):
            # Later: at once it would be raised in here, and be lost again.
            again = threading.Timer(0.02, _thread.interrupt_main)
            again.daemon = True
            again.start()
        else:
            before(lost)

    sys.unraisablehook = told


def _look_for_programs_in_no_workspace() -> None:
    """Leave relative entries of ``PATH`` out, for this process and its children: each names another
    folder in every workspace."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(filter(os.path.isabs, entries))
    # Windows looks in the working directory first, unless this is there.
    os.environ["NODEFAULTCURRENTDIRECTORYINEXEPATH"] = "1"


if __name__ == "__main__":
    sys.exit(main())
