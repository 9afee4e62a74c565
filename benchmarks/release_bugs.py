"""How many real mistakes ``pilotfish fix`` repairs: those that a release fixed.

``python -m benchmarks.release_bugs [--model none|0.5b|1.5b] [--only NAME] [--sample N]
[--resume FILE] [--parallel N]``
``python -m benchmarks.release_bugs --check`` verifies the items and repairs nothing.

Each item of ``benchmarks/corpora/release_bugs.toml`` names a pure-Python package, the release
before and after a mistake was fixed, and tests written here from the changelog. The packages are
fetched with pip, into ``.benchmarks/packages``. The older one is laid into a repository of its own
beside the given test, and ``fix`` has to fix it there; the tests held back come afterwards. The
packages bring no tests of their own, so *right* means: given and held-back tests pass. Models have
read older releases of these packages, the fixed ones probably not yet.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import ExplainedError
from benchmarks.bug_corpus import CorpusError
from benchmarks.fixing import BenchmarkError, Case, Task, options, run_corpus
from benchmarks.forked_pytest import Outcome, Pool
from pilotfish.console import explain

ITEMS = Path(__file__).parent / "corpora" / "release_bugs.toml"
#: Wheels, kept between runs.
PACKAGES = Path(__file__).parent.parent / ".benchmarks" / "packages"

GIVEN = "tests/test_given.py"
HELD_BACK = "tests/test_held_back.py"


@dataclass(frozen=True)
class Item:
    """One fixed mistake; ``given`` and ``held_back`` are the texts of test files."""

    name: str
    package: str
    before: str
    after: str
    file: str
    changelog: str
    given: str
    held_back: str


def load_items(path: Path = ITEMS) -> list[Item]:
    """The items in ``path``. Raises :class:`CorpusError` where the file is not of the form."""
    try:
        table_of_items = tomllib.loads(path.read_text(encoding="utf-8"))["items"]
        return [Item(**entry) for entry in table_of_items]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise CorpusError(f"not a list of items: {error}", where=str(path)) from error


def fetch(package: str, version: str, *, source: bool = False) -> Path:
    """The wheel of a release, or its source distribution, downloaded once.

    Raises :class:`BenchmarkError` where pip does not get it.
    """
    folder = PACKAGES / (f"{package}-{version}-source" if source else f"{package}-{version}")
    pattern = "*.tar.gz" if source else "*.whl"
    if not list(folder.glob(pattern)):
        kind = ("--no-binary", package) if source else ("--only-binary", ":all:")
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--disable-pip-version-check", *kind, "--dest", str(folder)),
            f"{package}=={version}",
        ]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise BenchmarkError(
                ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else "pip failed",
                where=f"{package}=={version}",
                help="a package registry must be reachable by pip",
            )
    return next(folder.glob(pattern))


def lay_out(item: Item, version: str, folder: Path) -> None:
    """Unpack a release at ``folder``, beside the given test."""
    with zipfile.ZipFile(fetch(item.package, version)) as wheel:
        members = [name for name in wheel.namelist() if ".dist-info/" not in name]
        wheel.extractall(folder, members)
    (folder / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\n', encoding="utf-8"
    )
    (folder / "tests").mkdir()
    (folder / GIVEN).write_text(item.given.lstrip(), encoding="utf-8")


def run_held_back(item: Item, folder: Path, pool: Pool) -> Outcome:
    """Run the given and the held-back tests in ``folder``, as they are in the corpus."""
    (folder / GIVEN).write_text(item.given.lstrip(), encoding="utf-8")
    (folder / HELD_BACK).write_text(item.held_back.lstrip(), encoding="utf-8")
    for compiled in folder.rglob("*.pyc"):
        compiled.unlink()  # a patch within a second that keeps the size would leave it in use
    return pool.run(folder, [GIVEN, HELD_BACK])


def check(item: Item, pool: Pool) -> list[str]:
    """What is wrong with ``item``: nothing, where it is what it claims."""
    with tempfile.TemporaryDirectory(prefix="release-bug-") as temporary:
        old, new = Path(temporary) / "before", Path(temporary) / "after"
        lay_out(item, item.before, old)
        lay_out(item, item.after, new)
        before, after = run_held_back(item, old, pool), run_held_back(item, new, pool)
    wrong = [f"fails after: {node}" for node in after.failed]
    if after.exit_code != 0 and not wrong:
        wrong.append(f"pytest ends with {after.exit_code} after")
    wrong += [f"passes before: {node}" for node in before.passed if node.startswith(GIVEN)]
    for file in (GIVEN, HELD_BACK):
        if not any(node.startswith(file) and "::" in node for node in before.failed):
            wrong.append(f"no test of {file} fails before")
    return wrong


def case(item: Item, pool: Pool, turn: threading.Lock) -> Case:
    """``item`` as a case; ``turn`` is held while ``pool`` judges, one at a time."""

    def prepare(folder: Path) -> Task:
        lay_out(item, item.before, folder)
        given, held_back = (text.count("\ndef test_") for text in (item.given, item.held_back))
        return Task(item.file, f"pytest {GIVEN}", Path(item.file).parts[0], given, held_back)

    def verdict(folder: Path, _scratch: Path) -> tuple[bool, bool]:
        with turn:
            outcome = run_held_back(item, folder, pool)
        return outcome.exit_code == 0 and not outcome.failed, False

    return Case(item.name, item.package, prepare, verdict, "release")


def check_all(items: Sequence[Item]) -> int:
    """Verify ``items``; exit code 1 where one is not what it claims."""
    bad = 0
    with Pool(time_limit=60) as pool:
        for item in items:
            wrong = check(item, pool)
            print(f"{item.name:40} {'ok' if not wrong else '; '.join(wrong)}", flush=True)
            bad += bool(wrong)
    return 1 if bad else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; exit code 2 where it cannot."""
    parser = options(__doc__)
    parser.add_argument("--check", action="store_true", help="verify the items only")
    chosen = parser.parse_args(arguments)
    try:
        items = load_items()
        if chosen.check:
            wanted = set(chosen.only)
            items = [i for i in items if not wanted or {i.name, i.package} & wanted]
            if not items:
                raise BenchmarkError("there are no such bugs", where=" ".join(chosen.only))
            return check_all(items)
        with Pool(time_limit=60) as pool:
            turn = threading.Lock()
            cases = [case(item, pool, turn) for item in items]
            run_corpus("release_bugs", "Mistakes that releases fixed", cases, chosen)
    except ExplainedError as error:
        explain(error.what, where=error.where, help=error.help)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
