"""The report of ``pilotfish debug`` for a terminal: what fails, the source, and blocks with values.

Works on the JSON of docs/debug.md, as every reader of it does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from pilotfish.console import explain, is_verbose, out
from pilotfish.report.text import diff, harmless, python

Document = Mapping[str, Any]

#: From what suspicion on a line is marked, and how.
_HEAT = ((0.8, "█", "bold red"), (0.5, "▆", "yellow"), (0.2, "▃", "dim yellow"), (0.0, " ", "dim"))
_BAD = ("failed", "error", "timeout", "crash")
#: Followed tests, calls of one, and visits of a call that are shown; the rest is in the JSON.
_RUNS, _CALLS, _VISITS = 2, 3, 24
#: A verdict that is less sure than this says nothing.
_SURE = 0.6
_WORD = re.compile(r"\w+")
_OUTCOMES = {"passed": "green", "skipped": "dim"}


def show(document: Document, text: str) -> None:
    """Print ``document`` about the file whose text is ``text``."""
    if document["status"] == "error":
        explain(document["reason"])
        return
    console = out()
    _tests(console, document)
    if document["reason"]:
        console.print(Text(harmless(document["reason"]), "yellow"))
    failing = [run for run in document["runs"] if run["outcome"] in _BAD]
    if failing:
        _way(console, failing[0]["way"])
    _source(console, document, text)
    lines = text.splitlines()
    for run in (failing or document["runs"])[:_RUNS]:
        console.print()
        _run(console, document, run, lines)
    if "repair" in document:
        console.print()
        _repair(console, document["repair"])


def _repair(console: Console, repair: Document) -> None:
    colour = {"verified": "green", "ambiguous": "yellow", "unverified": "yellow"}.get(
        repair["status"], "red"
    )
    head = Text.assemble("repair: ", (repair["status"], f"bold {colour}"))
    console.print(head + Text(harmless(f" {repair['strategy']}: {repair['reason']}")))
    if repair["patch"]:
        console.print(diff(repair["patch"]))


# ---------------------------------------------------------------------- tests


def _tests(console: Console, document: Document) -> None:
    tests = document["tests"]
    bad = [test for test in tests if test["outcome"] in _BAD]
    colour = "red" if bad else "green"
    passed = sum(test["outcome"] == "passed" for test in tests)
    console.print(
        Text.assemble(
            (f"{len(bad)} failing", f"bold {colour}"), f", {passed} passing: ", document["test"]
        )
    )
    for test in bad[:5]:
        line = Text.assemble(("✗ ", "red"), (harmless(test["id"]), "bold"))
        console.print(line)
        why = f"{test['exception']}: {test['message']}" if test["message"] else test["exception"]
        for part in harmless(
            why.replace("\n", "⏎"),
        ).split("⏎")[:4]:
            console.print(Text(f"  {part}", "red"))


def _way(console: Console, way: Sequence[Document]) -> None:
    """From the test to the call in which it went wrong, a line for each function."""
    if not way:
        return
    here = Path.cwd()
    places = [f"{os.path.relpath(step['path'], here)}:{step['line'] + 1}" for step in way]
    width = max(map(len, places))
    console.print(Text("\nfrom the test to where it probably went wrong:", "dim"))
    for place, step in zip(places, way, strict=True):
        last = step is way[-1]
        line = Text.assemble((f"  {harmless(place):<{width}}  ", "dim"), harmless(step["function"]))
        console.print(line if not last else Text.assemble(line, style="bold"))


# ---------------------------------------------------------------------- source


def _source(console: Console, document: Document, text: str) -> None:
    """The functions that a failing test ran, with suspicion in the margin."""
    failed = any(test["outcome"] in _BAD for test in document["tests"])
    # Where nothing failed every line that ran is as suspicious as any other: none.
    lines = document["lines"] if failed else []
    suspicion = {entry["line"]: entry["suspicion"] for entry in lines}
    shown = sorted(
        {
            line
            for code in document["codes"]
            if code["kind"] not in ("module", "class")
            and not code["test"]
            and _is_hot(code, suspicion)
            for line in range(code["first_line"], code["last_line"] + 1)
        }
        or {line for line, value in suspicion.items() if value >= 0.2}
    )
    highlighted = python(text)
    before = -1
    for line in shown:
        if line >= len(highlighted):
            break
        if line != before + 1:
            console.print(Text("      ⋮", "dim") if before >= 0 else "")
        before = line
        mark, style = _heat(suspicion.get(line, 0.0))
        margin = Text.assemble((f"{mark} ", style), (f"{line + 1:>4} │ ", "dim"))
        console.print(margin + highlighted[line])
    if shown:
        marks = zip(_HEAT[:3], ("most suspicious", "suspicious", "a little"), strict=True)
        parts = [part for (_, m, s), word in marks for part in ((m, s), (f" {word}  ", "dim"))]
        console.print(Text.assemble("      ", *parts))


def _is_hot(code: Document, suspicion: Mapping[int, float]) -> bool:
    inside = range(code["first_line"], code["last_line"] + 1)
    return any(suspicion.get(line, 0.0) >= 0.2 for line in inside)


def _heat(value: float) -> tuple[str, str]:
    return next((mark, style) for least, mark, style in _HEAT if value >= least)


# ---------------------------------------------------------------------- runs


def _run(console: Console, document: Document, run: Document, lines: Sequence[str]) -> None:
    colour = _OUTCOMES.get(run["outcome"], "red")
    title = Text.assemble((harmless(run["test"]), "bold"), " ", (run["outcome"], colour))
    if run["cut"]:
        title.append(f" (the trace ends early: {run['cut']})", "yellow")
    console.print(title)
    calls = _telling(run, document)
    for call in calls:
        _call(console, document, call, lines)
    if more := len(run["calls"]) - len(calls):
        said = f"{more} more call{' is' if more == 1 else 's are'} in --json and --html"
        console.print(Text(f"  {said}", "dim"))


def _telling(run: Document, document: Document) -> list[Document]:
    """The calls that say most, in order: those on the way to where it went wrong, then the first
    of each of the most suspicious functions."""
    codes = document["codes"]
    shown = [c for c in run["calls"] if codes[c["code"]]["kind"] not in ("module", "class")]
    own = [call for call in shown if not codes[call["code"]]["test"]] or shown or run["calls"]
    calls = {call["id"]: call for call in own}
    suspicion = {(b["code"], b["id"]): b["suspicion"] for b in document["blocks"]}

    def hottest(call: Document) -> float:
        return max((suspicion[call["code"], v["block"]] for v in call["visits"]), default=0.0)

    chosen: dict[int, Document] = {}
    at = run["focus"]
    while at in calls and len(chosen) < _CALLS:
        chosen[at] = calls[at]
        at = calls[at]["parent"]
    seen = {call["code"] for call in chosen.values()}
    for call in sorted(own, key=lambda call: (-hottest(call), call["id"])):
        if len(chosen) < _CALLS and call["code"] not in seen:
            seen.add(call["code"])
            chosen[call["id"]] = call
    return [chosen[number] for number in sorted(chosen)]


def _call(console: Console, document: Document, call: Document, lines: Sequence[str]) -> None:
    code = document["codes"][call["code"]]
    given = ", ".join(f"{name}={value}" for name, value in call["arguments"].items())
    head, ending = Text(harmless(f"  {code['name']}({given})"), "cyan"), _ending(call)
    _fitted(console, head, Text.assemble(" ", ending))
    blocks = {b["id"]: b for b in document["blocks"] if b["code"] == call["code"]}
    visits = call["visits"]
    for visit in _middle_left_out(visits):
        if visit is None:
            console.print(Text(f"        ⋮ {len(visits) - _VISITS} more", "dim"))
            continue
        _fitted(console, _visit(blocks[visit["block"]], visit, lines))


def _fitted(console: Console, line: Text, ending: Text | None = None) -> None:
    """Print a line; on a terminal cut to its width, its ``ending`` last, but with ``--verbose``."""
    ending = ending or Text()
    if console.is_terminal and not is_verbose():
        ending.truncate(console.width // 2, overflow="ellipsis")
        line.truncate(console.width - ending.cell_len, overflow="ellipsis")
    console.print(line + ending)


def _ending(call: Document) -> Text:
    if call["how"] == "raised":
        return Text(f"raised {harmless(call['exception'])}", "red")
    if call["how"] == "returned":
        return Text(f"→ {harmless(call['value'])}" if call["value"] else "ended", "green")
    return Text(f"{call['how']} at line {call['line'] + 1}", "yellow")


def _middle_left_out(visits: Sequence[Document]) -> Iterator[Document | None]:
    if len(visits) <= _VISITS:
        yield from visits
        return
    yield from visits[: _VISITS // 2]
    yield None
    yield from visits[-_VISITS // 2 :]


def _shown_line(block: Document, lines: Sequence[str]) -> int:
    """The line that stands for a block: its first, behind a docstring."""
    starts = [first for first, _ in block["statements"] if first < len(lines)]
    telling = [
        line for line in starts if not lines[line].lstrip("rRbBuU \t").startswith(("'", '"'))
    ]
    return int((telling or starts or [block["first_line"]])[0])


def _visit(block: Document, visit: Document, lines: Sequence[str]) -> Text:
    mark, style = _heat(block["suspicion"])
    first = _shown_line(block, lines)
    code = lines[first].strip() if first < len(lines) else ""
    counts = ".".join(map(str, visit["iteration"]))
    shown = Text.assemble(
        "    ",
        (f"{mark} ", style),
        (f"{first + 1:>4} ", "dim"),
        (f"{counts + ')' if counts else '':<5}", "dim cyan"),
        f"{harmless(code)[:40]:<40} ",
    )
    entry, after = visit["entry"], visit["exit"]
    spans = [lines[a : b + 1] for a, b in block["statements"]]
    mentioned = set(_WORD.findall("\n".join(line for span in spans for line in span)))
    for name, value in after.items():
        shown.append(f" {name}", "bold")
        if name in entry:
            shown.append(f" {harmless(entry[name])} →", "dim")
        shown.append(f" {harmless(value)}")
    for name, value in entry.items():
        # What lives on without a part in this block is in the JSON.
        if name not in after and name in mentioned:
            shown.append(f" {harmless(f'{name}={value}')}", "dim")
    if visit.get("yielded"):
        shown.append(f" yields {harmless(visit['yielded'])}", "green")
    verdict = block.get("verdict")
    if verdict and verdict["confidence"] >= _SURE:
        word, style = ("right", "green") if verdict["right"] else ("wrong", "red")
        shown.append(f" model: {word} {verdict['confidence']:.0%}", style)
    if visit.get("raised"):
        shown.append(f" ✗ {harmless(visit['raised'])}", "red")
    return shown
