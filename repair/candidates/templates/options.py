"""What a call of the standard library was to be told besides: the options that are forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram

_JSON = {
    "sort_keys=True": 0.25,
    "ensure_ascii=False": 0.25,
    "default=str": 0.2,
    "indent=2": 0.1,
}
#: By the last name of what is called, the keywords that are forgotten, with priors by judgement.
_OPTIONS: dict[str, dict[str, float]] = {
    "dumps": _JSON,
    "dump": _JSON,
    "mkdir": {"parents=True, exist_ok=True": 0.5, "exist_ok=True": 0.4, "parents=True": 0.3},
    "makedirs": {"exist_ok=True": 0.6},
    "rmtree": {"ignore_errors=True": 0.3},
    "unlink": {"missing_ok=True": 0.5},
    "open": {'newline=""': 0.12},
    "run": {"check=True": 0.2, "text=True": 0.2},
    "writer": {'lineterminator="\\n"': 0.3},
    "DictWriter": {'extrasaction="ignore"': 0.3, 'lineterminator="\\n"': 0.2},
    "gather": {"return_exceptions=True": 0.4},
    "parse_qs": {"keep_blank_values=True": 0.5},
    "parse_qsl": {"keep_blank_values=True": 0.5},
    "quote": {'safe=""': 0.4},
    "popitem": {"last=False": 0.5},
    "move_to_end": {"last=False": 0.3},
    "splitlines": {"keepends=True": 0.4},
    "zip_longest": {"fillvalue=0": 0.2, 'fillvalue=""': 0.2},
}
_SPANS = ("seconds", "minutes", "hours", "days", "weeks", "milliseconds")


def forgotten(program: SuspectProgram) -> Iterator[Proposal]:
    """A keyword of a function of the standard library, by its name."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        head = program.text(node.func)
        known = {k.arg for k in node.keywords}
        whole = [*map(program.text, node.args), *map(program.text, node.keywords)]
        for option, prior in _OPTIONS.get(head.rpartition(".")[2], {}).items():
            if not known & {part.partition("=")[0].strip() for part in option.split(", ")}:
                new = f"{head}({', '.join([*whole, option])})"
                yield program.replace(node, new, "missing argument", prior)


def spans(program: SuspectProgram) -> Iterator[Proposal]:
    """``timedelta(n)``, which counts days, where another unit was meant."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func).rpartition(".")[2] == "timedelta" and len(node.args) == 1:
            for unit in _SPANS:
                new = f"{unit}={program.text(node.args[0])}"
                yield program.replace(node.args[0], new, "span", 0.2)


def singles(program: SuspectProgram) -> Iterator[Proposal]:
    """``(x)``, which is no tuple."""
    text = program.source.text
    for node in program.of(ast.Name, ast.Attribute, ast.Subscript, ast.Constant):
        assert isinstance(node, ast.expr)
        if not isinstance(program.parents.get(node), ast.Call | ast.Assign | ast.keyword):
            continue
        start, end = program.source.span(node)
        before, behind = text[:start].rstrip(), text[end:].lstrip()
        if before.endswith("(") and behind.startswith(")") and before[:-1].rstrip()[-1:] in "(,=":
            yield program.replace(node, f"{program.text(node)},", "container", 0.3)


def readings(program: SuspectProgram) -> Iterator[Proposal]:
    """Numbers to another base, results to some places, lines whatever ends them, keys by value."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        head, given = program.text(node.func), [program.text(a) for a in node.args]
        if head.endswith(".strip") and not given:
            whole = head.removesuffix(".strip")
            for new in (f'{whole}.replace(" ", "")', f'" ".join({whole}.split())'):
                yield program.replace(node, new, "missing normalisation", 0.06)
            new = f'"".join({whole}.split())'
            yield program.replace(node, new, "missing normalisation", 0.05)
        if head == "int" and len(given) == 1:
            for base in (16, 2, 8):
                yield program.replace(node, f"int({given[0]}, {base})", "missing argument", 0.08)
        if head.endswith(".split") and given in (['"\\n"'], ["'\\n'"]):
            new = f"{head.removesuffix('split')}splitlines()"
            yield program.replace(node, new, "string", 0.3)
        named = len(given) == 1 and isinstance(node.args[0], ast.Name | ast.Attribute)
        if head in ("max", "min", "sorted") and named and not node.keywords:
            new = f"{head}({given[0]}, key={given[0]}.get)"
            yield program.replace(node, new, "missing argument", 0.1)
    for node in program.of(ast.Return):
        assert isinstance(node, ast.Return)
        if isinstance(node.value, ast.BinOp):
            new = f"round({program.text(node.value)}, 2)"
            yield program.replace(node.value, new, "missing call", 0.05)
