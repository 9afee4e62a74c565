"""After the first hunk of a real change: are the others proposed, at the right place, right?

``python -m benchmarks.next_edit [--seed N] [--packages N]``. Pairs of releases of packages that are
drawn by seed are downloaded outside of the repository. Each hunk that renames something, or changes
a signature, is made alone in the older release; the proposals are compared with the newer one. As
in an editor the file was opened, and so checked, before it is edited; time counts from the edit on.

A proposal is *right* where the newer release has the line that it makes (*exact*), or says the new
name, or leaves the argument out, on the lines in its place; *moot* where those have neither name
any more, or the file is gone; else *wrong*. *Found* counts lines of the older release that say the
old name and the new one in the newer release. Nobody read the cases before the figures were written
down.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import random
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.findings import Edit
from analysis.next_edits import EditReading, applied
from analysis.snapshot import Snapshot, Workspace
from analysis.text import read_file
from analysis.text.overlay import Content
from benchmarks.fixing import BenchmarkError
from benchmarks.report import save, show
from engine.client import EngineProcess, ExplainedError
from engine.features.check import CheckRequest
from engine.features.next_edits import NextEdit, NextEditsRequest
from engine.features.warm import WarmRequest

#: Packages whose cases were read while the rules were written; figures never rest on them.
DEVELOPED_ON = """\
    alembic anyio arrow astroid authlib boltons bottle cachetools cattrs click construct
    dateparser dnspython docutils elasticsearch fabric falcon flask freezegun google-auth
    graphql-core httpx invoke itsdangerous jinja2 jsonschema kombu loguru luigi mako
    marshmallow more-itertools nox paramiko pathspec pexpect pint pluggy plumbum
    prompt-toolkit pygments pylint redis requests responses rich sphinx structlog tenacity
    tinydb trio uvicorn vcrpy virtualenv websockets wsproto wtforms
"""
#: Pure Python, with wheels: from these a figure is drawn.
NAMES = """\
    aiofiles aiohttp-retry ansible-compat apscheduler argcomplete asgiref attrs autopep8
    babel backoff bleach blessed blinker bokeh botocore build cachecontrol celery cerberus
    cffconvert cleo cloudpickle commitizen configobj cookiecutter croniter datasette
    deepdiff django-filter djangorestframework docker dulwich dynaconf environs factory-boy
    faker fastapi flake8 flask-login fsspec ftfy graphene gunicorn h11 h2 hatchling hpack
    httpcore httpie huey humanize hypercorn icalendar identify importlib-metadata inflect
    isort itemadapter jmespath josepy jsonpickle keyring langcodes lark ldap3 libcst
    markdown mistune mkdocs mongoengine moto nbclient nbformat networkx nltk oauthlib
    openpyxl orderly-set packaging parso passlib peewee pika pip-tools platformdirs
    poetry-core praw prettytable pyasn1 pycparser pydantic pydantic-settings pyjwt pymysql
    pynetdicom pyparsing pypdf python-dateutil python-docx python-telegram-bot qrcode
    questionary requests-toolbelt rope s3transfer schedule scrapy sqlparse starlette stripe
    tablib tabulate textual tinycss2 tomlkit toolz tox traitlets twine typer tzlocal urllib3
    validators vulture watchdog wcwidth webob werkzeug whoosh wrapt xlsxwriter yamllint zeep
    zeroconf
"""
#: Lines of a package; larger ones are passed over.
LONGEST = 30_000
_PATIENCE_S = 120.0
#: How long a file was open before it is edited.
_OPENED_S = 10.0
#: Wheels and what is in them, kept between runs.
FOLDER = Path(__file__).parent.parent / ".benchmarks" / "packages"


@dataclass(frozen=True)
class Case:
    """One hunk: the file, its text with that hunk alone, and what is renamed by it."""

    path: str
    after: str
    names: tuple[tuple[str, str], ...]


def pair(package: str, draw: random.Random) -> tuple[str, str] | None:
    """Two releases that follow each other, the older first; by their minor versions."""
    asked = [sys.executable, "-m", "pip", "index", "versions", package]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    found = re.search(r"Available versions: (.*)", told)
    newest: dict[tuple[int, ...], str] = {}
    for version in found[1].split(", ") if found else ():
        if re.fullmatch(r"\d+(\.\d+)+", version):
            newest.setdefault(tuple(map(int, version.split(".")[:2])), version)
    versions = list(newest.values())[:8]
    if len(versions) < 2:
        return None
    at = draw.randrange(len(versions) - 1)
    return versions[at + 1], versions[at]


def fetch(package: str, version: str) -> Path:
    """The wheel of a release, downloaded once.

    Raises :class:`BenchmarkError` where pip does not get it.
    """
    folder = FOLDER / f"{package}-{version}"
    if not list(folder.glob("*.whl")):
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--disable-pip-version-check", "--only-binary", ":all:", "--dest", str(folder)),
            f"{package}=={version}",
        ]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise BenchmarkError(
                ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else "pip failed",
                where=f"{package}=={version}",
                help="a package registry must be reachable by pip",
            )
    return next(folder.glob("*.whl"))


def texts(folder: Path) -> dict[str, str]:
    """The Python files below ``folder``."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        with contextlib.suppress(ExplainedError, OSError):
            found[str(path.relative_to(folder))] = read_file(path).text
    return found


def cases(old: dict[str, str], new: dict[str, str]) -> Iterator[Case]:
    """The hunks that change what others use."""
    for path in sorted(old.keys() & new.keys()):
        before, later = old[path].split("\n"), new[path].split("\n")
        if before == later or len(before) > 5000:
            continue
        matcher = difflib.SequenceMatcher(None, before, later, autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag != "replace":
                continue
            after = "\n".join([*before[:a], *later[c:d], *before[b:]])
            change = EditReading(old[path], after)
            found = (change.renamed, change.parameter, change.dropped)
            pairs = [(each.old, each.new) for each in found if each is not None]
            if pairs:
                yield Case(path, after, tuple(dict.fromkeys(pairs)))


def _says(lines: list[str], name: str) -> int:
    return len(re.findall(rf"\b{re.escape(name)}\b", "\n".join(lines)))


def judge(file: NextEdit, now: str, later: str | None) -> Iterator[tuple[str, bool, Edit]]:
    """Of each edit: ``right``, ``wrong`` or ``moot``, and whether its line is exact."""
    if later is None:
        yield from (("moot", False, edit) for edit in file.edits)
        return
    ours, theirs = now.split("\n"), later.split("\n")
    blocks = difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
    said = Counter(line.strip() for line in theirs)
    said.subtract(line.strip() for line in ours)
    for edit in file.edits:
        made = applied(now, [edit]).split("\n")[edit.line].strip()
        if said[made] > 0:
            yield "right", True, edit
            continue
        _, a, b, c, d = next(each for each in blocks if each[1] <= edit.line < each[2])
        region = theirs[c:d]
        gone = ours[edit.line][edit.character : edit.end_character].strip(", ")
        old = gone.partition("=")[0]
        stays = _says(region, old) >= _says(ours[a:b], old)
        come = not edit.text or _says(region, edit.text) > _says(ours[a:b], edit.text)
        verdict = "wrong" if stays else "right" if come else "moot"
        yield verdict, False, edit


def followers(case: Case, old: dict[str, str], new: dict[str, str]) -> int:
    """Lines elsewhere that say the old name in the older release and the new in the newer."""
    count = 0
    for path in old.keys() & new.keys():
        ours = (case.after if path == case.path else old[path]).split("\n")
        theirs = new[path].split("\n")
        if not any(_says(ours, name) for name, other in case.names if other):
            continue
        for tag, a, b, c, d in difflib.SequenceMatcher(None, ours, theirs, False).get_opcodes():
            if tag == "replace" and b - a == d - c:
                for mine, other in zip(ours[a:b], theirs[c:d], strict=True):
                    count += any(
                        to and re.sub(rf"\b{re.escape(name)}\b", to, mine) == other != mine
                        for name, to in case.names
                    )
    return count


def main() -> int:
    """Draw, measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--packages", type=int, default=12)
    parser.add_argument("--each", type=int, default=30, help="hunks of one package at most")
    parser.add_argument("--show", action="store_true", help="print what was wrong: not for figures")
    parser.add_argument("--developed", action="store_true", help="draw packages that were read")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    engine = EngineProcess()
    total: Counter[str] = Counter()
    seconds: list[float] = []
    drawn = []
    try:
        names = DEVELOPED_ON if options.developed else NAMES
        for package in draw.sample(names.split(), options.packages):
            if (releases := pair(package, draw)) is None:
                continue
            try:
                drawn.append(f"{package} {' '.join(releases)}")
                _measure(package, releases, draw, options, engine, total, seconds)
            except (BenchmarkError, OSError, zipfile.BadZipFile) as error:
                print(f"{package}: {error}", file=sys.stderr)
            print(drawn[-1], dict(total), file=sys.stderr, flush=True)
    finally:
        engine.close()
    seconds.sort()
    judged = total["right"] + total["wrong"]
    result = {
        "hunks": total["hunks"],
        "with proposals": total["answered"],
        "proposals": judged + total["moot"],
        "right": total["right"],
        "wrong": total["wrong"],
        "moot": total["moot"],
        "precision %": round(100 * total["right"] / max(1, judged), 1),
        "exact lines": total["exact"],
        "found %": round(100 * total["exact"] / max(1, total["followers"]), 1),
        "p50 ms": round(1000 * seconds[len(seconds) // 2]) if seconds else None,
        "p95 ms": round(1000 * seconds[int(len(seconds) * 0.95)]) if seconds else None,
    }
    show(f"next edits, seed {options.seed}", ["", "of all"], [[*row] for row in result.items()])
    save(f"next_edit-{options.seed}", {"result": result, "drawn": drawn})
    return 0


def _measure(
    package: str,
    releases: tuple[str, str],
    draw: random.Random,
    options: argparse.Namespace,
    engine: EngineProcess,
    total: Counter[str],
    seconds: list[float],
) -> None:
    roots = []
    for version in releases:
        root = FOLDER / "next_edit" / f"{package}-{version}"
        shutil.rmtree(root, ignore_errors=True)
        with zipfile.ZipFile(fetch(package, version)) as wheel:
            names = [name for name in wheel.namelist() if ".dist-info/" not in name]
            wheel.extractall(root, names)
        roots.append(root)
    (roots[0] / "pyproject.toml").touch()
    old, new = map(texts, roots)
    if sum(text.count("\n") for text in old.values()) > LONGEST:
        raise BenchmarkError(f"more than {LONGEST} lines", where=package, help="it is passed over")
    found = list(cases(old, new))
    workspace = Workspace(str(roots[0].resolve()))
    engine.submit(WarmRequest(workspace, model=False)).future.result(_PATIENCE_S)
    for number, case in enumerate(draw.sample(found, min(options.each, len(found)))):
        path = str(Path(workspace.root) / case.path)
        request = NextEditsRequest(
            Snapshot(path, case.after, workspace), (Content(old[case.path]),)
        )
        opened = CheckRequest(Snapshot(path, old[case.path], workspace), ruff=False)
        try:
            with contextlib.suppress(
                TimeoutError
            ):  # it goes on beside the question, as in an editor
                engine.submit(opened).future.result(_OPENED_S)
            begun = time.monotonic()
            answer = engine.submit(request).future.result(_PATIENCE_S)
        except ExplainedError as error:
            print(f"{package} {case.path}: {error}", file=sys.stderr)
            continue
        if number:  # the first of a project reads it
            seconds.append(time.monotonic() - begun)
        total["hunks"] += 1
        total["answered"] += bool(answer.files)
        total["followers"] += followers(case, old, new)
        for file in answer.files:
            name = str(Path(file.path).relative_to(workspace.root))
            now = case.after if name == case.path else old[name]
            for verdict, exact, edit in judge(file, now, new.get(name)):
                total[verdict] += 1
                total["exact"] += exact
                if options.show and verdict == "wrong":
                    print(verdict, package, name, edit, file.title, now.split("\n")[edit.line])


if __name__ == "__main__":
    raise SystemExit(main())
