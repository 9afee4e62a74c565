"""What a type checker says of lines that were written into real packages.

The judge is not the provider that guided the model: basedpyright, in a virtual environment of its
own. It sees each written line in a copy of its file beside the original, in a copy of the package,
so that relative imports and neighbours are what they were. Whether it knows the receiver's type at
all is asked with a probe: a name that exists nowhere, in place of the author's.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dot_sites import DotSite
from benchmarks.installed import install

#: A name that nobody has.
PROBE = "zz_nowhere_to_be_found"
#: What a finding says where something does not exist; the rule of attributes also covers values of
#: a wrong type, which were not invented.
INVENTED_SAYS = (
    "is unknown",
    "is not a known attribute",
    "could not be resolved",
    "No parameter named",
)
_CONFIGURATION = {"typeCheckingMode": "standard", "reportMissingModuleSource": "none"}
#: Files in one run of the judge: more would not fit the memory of a small machine.
_AT_ONCE = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """An error in a written line: its rule and message, and whether it says that a member, a module
    or a keyword does not exist."""

    rule: str
    message: str
    invented: bool


def judge(python: str, lines: Sequence[tuple[DotSite, str]]) -> list[tuple[Finding, ...]]:
    """What is wrong with each line: ``(site, what was written there)``, in their order."""
    program = install(["basedpyright"], "judge").program("basedpyright")
    findings: list[tuple[Finding, ...]] = []
    for start in range(0, len(lines), _AT_ONCE):
        findings += _judged(program, python, lines[start : start + _AT_ONCE])
        print(f"judged {len(findings)} of {len(lines)}", file=sys.stderr)
    return findings


def _judged(
    program: Path, python: str, lines: Sequence[tuple[DotSite, str]]
) -> list[tuple[Finding, ...]]:
    with tempfile.TemporaryDirectory(prefix="dotprompts-") as folder:
        home = Path(folder)
        (home / "pyrightconfig.json").write_text(json.dumps(_CONFIGURATION), encoding="utf-8")
        for root in {site.root for site, _ in lines}:
            _copy(root, home)
        files = [_put(home, number, site, text) for number, (site, text) in enumerate(lines)]
        listed = "\n".join(map(str, files))
        command = [str(program), "--outputjson", "-p", str(home), "--pythonpath", python, "-"]
        answer = subprocess.run(
            command, input=listed, capture_output=True, text=True, check=False, cwd=home
        )
        # 1 means that something was found; without a report it is no answer at all.
        report = json.loads(answer.stdout or "{}")
        if "generalDiagnostics" not in report:
            raise RuntimeError(f"the judge failed: {answer.stderr[:500]}")
        said: dict[str, list[Finding]] = {}
        for path, finding in _findings(report, dict(zip(map(str, files), lines, strict=True))):
            said.setdefault(path, []).append(finding)
        return [tuple(said.get(str(path), ())) for path in files]


def _copy(root: Path, home: Path) -> None:
    if root.is_file():
        return
    shutil.copytree(
        root, home / root.name, ignore=lambda folder, names: [n for n in names if _binary(n)]
    )


def _binary(name: str) -> bool:
    return "." in name and not name.endswith((".py", ".pyi", ".typed"))


def _put(home: Path, number: int, site: DotSite, written: str) -> Path:
    inside = site.path.relative_to(site.root.parent)
    path = home / inside.with_name(f"{inside.stem}__dot{number}.py")
    path.write_text(site.with_text(written), encoding="utf-8")
    return path


def _findings(
    report: Mapping[str, object], lines: Mapping[str, tuple[DotSite, str]]
) -> Iterator[tuple[str, Finding]]:
    found = report["generalDiagnostics"]
    assert isinstance(found, list)
    for one in found:
        if one["severity"] != "error":
            continue
        path, start = one["file"], one["range"]["start"]
        if path not in lines:
            continue
        site, written = lines[path]
        if not site.line <= start["line"] <= site.line + written.count("\n"):
            continue
        rule, message = one.get("rule", "syntax"), one["message"]
        missing = any(said in message for said in INVENTED_SAYS)
        yield path, Finding(rule, message, missing)
