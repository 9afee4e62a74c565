"""A change as a unified diff that ``git apply`` takes from the workspace root."""

from __future__ import annotations

import difflib
import os

_CONTEXT = 3
#: ``(tag, old_from, old_to, new_from, new_to)`` as difflib has it.
_Operation = tuple[str, int, int, int, int]


def unified_diff(root: str, path: str, before: bytes, after: bytes) -> str:
    """The smallest diff, three lines of context, paths relative to ``root`` with / between.

    Lines end where LF ends them, as for git; a CR stays part of its line. Bytes that are not
    UTF-8 are carried through as surrogates: write the result with ``surrogateescape``.
    """
    name = os.path.relpath(path, root).replace(os.sep, "/")
    old, new = _lines(before), _lines(after)
    parts = [f"--- {_quoted('a/' + name)}\n", f"+++ {_quoted('b/' + name)}\n"]
    for group in _grouped(_operations(old, new)):
        first, last = group[0], group[-1]
        parts.append(
            f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n",
        )
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                parts += [_marked(" ", line) for line in old[old_from:old_to]]
                continue
            parts += [_marked("-", line) for line in old[old_from:old_to]]
            parts += [_marked("+", line) for line in new[new_from:new_to]]
    return "".join(parts) if len(parts) > 2 else ""


def _operations(old: list[str], new: list[str]) -> list[_Operation]:
    """Equal and changed ranges. What both ends share is set aside first: a change is small."""
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle = difflib.SequenceMatcher(
        None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False
    )
    found = [("equal", 0, head, 0, head)] if head else []
    found += [
        (tag, old_from + head, old_to + head, new_from + head, new_to + head)
        for tag, old_from, old_to, new_from, new_to in middle.get_opcodes()
    ]
    if tail:
        found.append(("equal", len(old) - tail, len(old), len(new) - tail, len(new)))
    return found


def _grouped(operations: list[_Operation]) -> list[list[_Operation]]:
    """Hunks: changes with up to three lines around, apart where more lie between."""
    hunks: list[list[_Operation]] = []
    hunk: list[_Operation] = []
    for index, (tag, old_from, old_to, new_from, new_to) in enumerate(operations):
        if tag != "equal":
            hunk.append((tag, old_from, old_to, new_from, new_to))
            continue
        length = old_to - old_from
        first, last = index == 0, index == len(operations) - 1
        if first or last or length > 2 * _CONTEXT:
            if not first:
                kept = min(length, _CONTEXT)
                hunk.append(("equal", old_from, old_from + kept, new_from, new_from + kept))
                hunks.append(hunk)
            kept = min(length, _CONTEXT)
            hunk = [] if last else [("equal", old_to - kept, old_to, new_to - kept, new_to)]
        else:
            hunk.append((tag, old_from, old_to, new_from, new_to))
    return [*hunks, hunk] if hunk else hunks


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "surrogateescape")
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _marked(mark: str, line: str) -> str:
    if line.endswith("\n"):
        return mark + line
    return f"{mark}{line}\n\\ No newline at end of file\n"


def _range(start: int, stop: int) -> str:
    length = stop - start
    beginning = start + 1 if length else start
    return str(beginning) if length == 1 else f"{beginning},{length}"


def _quoted(name: str) -> str:
    """A path as git writes it: in double quotes, octal, where it holds odd characters."""
    data = name.encode("utf-8", "surrogateescape")
    if all(32 <= byte < 127 and byte not in b'"\\' for byte in data):
        # A tab ends the name, so that spaces in it are kept.
        return name + "\t" if " " in name else name
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in data
    )
    return f'"{escaped}"'


def apply_diff(diff: str, before: bytes) -> bytes:
    """The bytes of a file after a diff that :func:`unified_diff` made for them.

    Raises ``ValueError`` when the diff was made for something else.
    """
    old = _lines(before)
    new: list[str] = []
    position = 0
    lines = [line + "\n" for line in diff.split("\n")[2:-1]]
    for index, line in enumerate(lines):
        mark, text = line[:1], line[1:]
        if mark == "\\":
            continue
        if mark == "@":
            start = int(text.split()[1].partition(",")[0].lstrip("-"))
            count = text.split()[1].partition(",")[2]
            begin = start if count == "0" else start - 1
            new += old[position:begin]
            position = begin
            continue
        if lines[index + 1 : index + 2] == ["\\ No newline at end of file\n"]:
            text = text[:-1]
        if mark in " -":
            if old[position : position + 1] != [text]:
                raise ValueError("the diff does not fit")
            position += 1
        if mark in " +":
            new.append(text)
    new += old[position:]
    return "".join(new).encode("utf-8", "surrogateescape")
