"""The page itself: the report as data, the source and the graphs as markup, style and script."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers.diff import DiffLexer
from pygments.lexers.python import PythonLexer

from pilotfish.report.page.block_graph import block_graph, heat

Document = Mapping[str, Any]


def page(document: Document, text: str) -> str:
    """``document`` (docs/debug.md) about the file whose text is ``text`` as a page."""
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; "
        f"script-src 'sha256-{_digest(script)}'; base-uri 'none'; form-action 'none'"
    )
    name = Path(document["path"]).name
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(name)} · pilotfish debug</title>
<style>{style}</style>
</head>
<body>
{_header(document, name)}
<main>
<section id="source" aria-label="source"><h2>Source <small>suspicion in the margin</small></h2>
<div class="scroll"><table class="code">{_source(document, text)}</table></div></section>
<section id="graph" aria-label="control flow"><h2>Control flow <small id="function"></small></h2>
<div class="scroll">{_graphs(document, text)}</div></section>
<section id="values" aria-label="values"><h2>Values <small id="where"></small></h2>
<div class="scroll"><div id="calls"></div><div id="visits"></div></div></section>
{_patch(document.get("repair"))}
</main>
<footer><kbd>↑</kbd><kbd>↓</kbd> step <kbd>←</kbd><kbd>→</kbd> same block before and after
<kbd>[</kbd><kbd>]</kbd> call <kbd>1</kbd>…<kbd>9</kbd> test · click a block, a line or a row
</footer>
<script type="application/json" id="report">{_data(document)}</script>
<script>{script}</script>
</body>
</html>
"""


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data(document: Document) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(document).replace("<", "\\u003c").replace(">", "\\u003e")


def _header(document: Document, name: str) -> str:
    tests = document["tests"]
    bad = [test for test in tests if test["outcome"] not in ("passed", "skipped")]
    passing = sum(test["outcome"] == "passed" for test in tests)
    why = ""
    if bad and bad[0].get("exception"):
        said = bad[0].get("message", "")
        why = escape(f"{bad[0]['exception']}: {said}" if said else bad[0]["exception"])
    reason = f'<p class="reason">{escape(document["reason"])}</p>' if document["reason"] else ""
    return f"""<header>
<h1>{escape(name)} <span class="path">{escape(str(Path(document["path"]).parent))}</span></h1>
<p><span class="chip {document["status"]}">{len(bad)} failing</span>
<span class="chip passing">{passing} passing</span> <code>{escape(document["test"])}</code></p>
<pre class="why" id="why"{"" if why else " hidden"}>{why}</pre>{reason}
<nav id="tests" aria-label="followed tests"></nav>
<nav id="way" aria-label="from the test to where it probably went wrong"></nav>
</header>"""


def _source(document: Document, text: str) -> str:
    suspicion = {entry["line"]: entry["suspicion"] for entry in document["lines"]}
    formatter = HtmlFormatter(nowrap=True)
    marked = highlight(text, PythonLexer(stripnl=False, ensurenl=False), formatter).split("\n")
    rows = []
    for line, code in enumerate(marked):
        value = suspicion.get(line, 0.0)
        tip = f' title="suspicion {value:.2f}"' if value else ""
        rows.append(
            f'<tr data-line="{line}" class="heat-{heat(value)}"><td class="heat"{tip}></td>'
            f'<td class="number">{line + 1}</td><td class="text"><code>{code or " "}</code>'
            f'<span class="inline"></span></td></tr>'
        )
    return "\n".join(rows)


def _graphs(document: Document, text: str) -> str:
    """A drawing of each code object that some test ran."""
    lines = text.splitlines()
    drawn = []
    for code in document["codes"]:
        blocks = [block for block in document["blocks"] if block["code"] == code["id"]]
        followed = any(c["code"] == code["id"] for run in document["runs"] for c in run["calls"])
        ran = any(block["failing"] for block in blocks) and code["kind"] not in ("module", "class")
        if blocks and (followed or ran) and not code["test"]:
            drawn.append(block_graph(code, blocks, lines))
    return "\n".join(drawn)


def _patch(repair: Document | None) -> str:
    if repair is None:
        return ""
    diff = repair["patch"].encode("utf-8", "replace").decode()
    shown = highlight(diff, DiffLexer(), HtmlFormatter(nowrap=True)) if diff else ""
    facts = [repair["reason"], f"{repair['candidates_run']} candidates run"]
    if repair["strategy"]:
        facts.insert(0, repair["strategy"])
    others = "".join(
        f"<details><summary>{escape(other['strategy'])}, score {other['score']:.2f}</summary>"
        f"<pre>{highlight(other['patch'], DiffLexer(), HtmlFormatter(nowrap=True))}</pre></details>"
        for other in repair["alternatives"]
    )
    return (
        f'<section id="patch" aria-label="patch"><h2>Patch <span class="chip {repair["status"]}">'
        f"{repair['status']}</span> <small>{escape('; '.join(filter(None, facts)))}</small></h2>"
        f'<div class="scroll"><pre>{shown}</pre>{others}</div></section>'
    )
