"""An installation shows one import name, and leaves a user's project as it was.

The wheel is built and installed into the environment of a project that has a package ``analysis``
and depends on a distribution ``engine``: both are names of rooms in our repository.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from hashlib import sha256
from importlib.metadata import requires
from pathlib import Path

import pytest
from uv import find_uv_bin

from lsp_server.failures import SERVER_CANCELLED
from tests.lsp_server.raw_client import RawClient
from tools.wheel import ROOMS, NotPortableError, installed, lay_out

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("written", "shipped"),
    [
        (
            "from analysis.text import Document\n",
            "from pilotfish._rooms.analysis.text import Document\n",
        ),
        (
            "def f():\n    from engine import trust\n",
            "def f():\n    from pilotfish._rooms.engine import trust\n",
        ),
        ("import analysis\n", "from pilotfish._rooms import analysis\n"),
        ("import decoding.lane as lane\n", "from pilotfish._rooms.decoding import lane as lane\n"),
        ("from .analysis import x\nimport engines\n", "from .analysis import x\nimport engines\n"),
        ("'from analysis import x'\n", "'from analysis import x'\n"),
        (
            "a = '''\x0c'''\nfrom repair import a\n",
            "a = '''\x0c'''\nfrom pilotfish._rooms.repair import a\n",
        ),
    ],
)
def test_imports_of_rooms_are_private_in_the_wheel(written: str, shipped: str) -> None:
    assert installed(written, "x.py") == shipped


@pytest.mark.parametrize(
    "text", ["import analysis.text\n", "import os, engine\n", "run('-m', 'analysis.worker.main')\n"]
)
def test_a_name_that_the_wheel_cannot_follow_ends_the_build(text: str) -> None:
    with pytest.raises(NotPortableError, match=r"^x\.py:1: "):
        installed(text, "x.py")


def test_no_module_of_the_wheel_names_a_room_by_its_place_in_the_repository(tmp_path: Path) -> None:
    lay_out(ROOT, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["pilotfish"]
    pattern = re.compile(rf"^\s*(?:from|import) (?:{'|'.join(ROOMS)})\b", re.MULTILINE)
    for path in tmp_path.rglob("*.py"):
        assert not pattern.findall(path.read_text("utf-8")), path


PROJECT = {
    "pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\n",
    "analysis/__init__.py": "def mean(values: list[float]) -> float:\n    return sum(values)\n",
    "shop.py": "import analysis\nimport engine\n\nprint(analysis.mean([1.0]), engine.start())\n",
    "invented.py": "import analysis\nimport decoding\n\nanalysis.median([1.0])\n",
    "monitored.py": "from pilotfish.monitors import Monitor\n",
    "test_shop.py": "import analysis, engine\n\n\ndef test_both_are_ours():\n"
    "    assert analysis.mean([1.0, 3.0]) == 4.0\n    assert engine.start() == 'brum'\n",
}
MONITOR = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs" / "monitors.md").read_text("utf-8"), re.DOTALL
)[0]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel"]
    subprocess.run([*pip, *options, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (built,) = folder.glob("pilotfish-*.whl")
    return built


def test_the_sbom_of_the_built_wheel_names_each_requirement(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "pilotfish.cdx.json"
    words = [sys.executable, "-m", "tools.lock", "--sbom", str(wheel), str(target)]
    subprocess.run(words, cwd=ROOT, check=True)
    document = json.loads(target.read_text("utf-8"))
    component = document["metadata"]["component"]
    assert f"{component['name']}-{component['version']}-" in wheel.name
    assert component["hashes"][0]["content"] == sha256(wheel.read_bytes()).hexdigest()
    with zipfile.ZipFile(wheel) as archive:
        (place,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(place).decode("utf-8")
    required = re.findall(r"^Requires-Dist: ([\w.-]+)(?!.*extra ==)", metadata, re.MULTILINE)
    listed = {each["name"].lower().replace("_", "-") for each in document["components"]}
    assert required
    assert {name.lower().replace("_", "-") for name in required} - listed == set()


def _give_dependencies(environment: Path) -> Path:
    """Let ``environment`` use our dependencies; its own ``site-packages``."""
    (packages,) = (environment / "lib").glob("python3*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (environment / "bin" / "ruff").symlink_to(Path(sys.executable).parent / "ruff")
    return packages


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A project, with Pilotfish and a distribution ``engine`` in its ``.venv``. Pilotfish's own
    dependencies are ours, by a line in a ``.pth`` file: nothing is downloaded."""
    root = tmp_path_factory.mktemp("project")
    for name, text in PROJECT.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    python = root / ".venv" / "bin" / "python"
    packages = _give_dependencies(root / ".venv")
    for name, files, entries in (
        ("engine", {"engine/__init__.py": "def start() -> str:\n    return 'brum'\n"}, ""),
        (
            "my-package",
            {"my_package.py": MONITOR},
            "[pilotfish.monitors]\ndeprecated = my_package:DeprecatedMonitor\n",
        ),
    ):
        info = f"{name.replace('-', '_')}-1.dist-info"
        files |= {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
            f"{info}/entry_points.txt": entries,
        }
        for place, text in files.items():
            (packages / place).parent.mkdir(exist_ok=True)
            (packages / place).write_text(text)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True)
    return root


def _environment(root: Path) -> dict[str, str]:
    own = {f"XDG_{each}_HOME": str(root / ".xdg" / each) for each in ("CONFIG", "STATE", "CACHE")}
    return {**os.environ, **own}


def _run(root: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [root / ".venv" / "bin" / words[0], *words[1:]],
        cwd=root,
        env=_environment(root),
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.slow
def test_the_wheel_holds_one_import_name_and_no_tests(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert names == {"pilotfish", f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"}


@pytest.mark.slow
def test_every_module_of_the_installation_can_be_imported(project: Path) -> None:
    said = _run(
        project,
        "python",
        "-I",
        "-c",
        "import importlib, pkgutil, sys, pilotfish\n"
        "for each in pkgutil.walk_packages(pilotfish.__path__, 'pilotfish.'):\n"
        "    if '.probe.' not in each.name and not each.name.endswith('__main__'):\n"
        "        importlib.import_module(each.name)\n"
        "own = {name.partition('.')[0] for name in sys.modules} & set(sys.argv[1:])\n"
        "print(len(sys.modules), *own)",
        *ROOMS,
        "pilotfish",
    )
    count, *own = said.stdout.split()
    assert int(count) > 500
    assert own == ["pilotfish"]


@pytest.mark.slow
def test_the_tests_of_the_project_see_its_own_packages(project: Path) -> None:
    done = _run(project, "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shop.py")
    assert done.returncode == 0, done.stdout
    seen = _run(project, "python", "-c", "import analysis, engine; print(analysis.__file__)")
    assert Path(seen.stdout.strip()).parent == project / "analysis"
    for room in ("decoding", "repair", "lsp_server"):
        assert (
            "No module named"
            in _run(
                project, "python", "-c", f"try: import {room}\nexcept ImportError as e: print(e)"
            ).stdout
        )


@pytest.mark.slow
def test_check_knows_the_packages_of_the_project_and_none_of_ours(project: Path) -> None:
    done = _run(project, "pilotfish", "check", "--format", "json", "shop.py", "invented.py")
    found = [f for f in json.loads(done.stdout) if f["source"] == "pilotfish"]
    assert {(Path(f["path"]).name, f["line"]) for f in found} == {
        ("invented.py", 1),
        ("invented.py", 3),
    }
    assert "decoding" in found[0]["message"]
    assert "median" in found[1]["message"]


@pytest.mark.slow
def test_inspect_serve_and_graph_start_their_processes(project: Path) -> None:
    asked = [
        {"path": "shop.py", "line": 3, "character": 15},
        {"path": "monitored.py", "line": 0, "character": 31},
    ]
    given = "".join(json.dumps(each) + "\n" for each in asked)
    words = ("inspect", "--jsonl", "--deadline-ms", "60000", "--trust")
    answers = [
        json.loads(line)
        for line in _run(project, "pilotfish", *words, given=given).stdout.splitlines()
    ]
    theirs, public = ({name["name"] for name in each["names"]} for each in answers)
    assert "mean" in theirs
    assert {"Monitor", "Verdict", "Passage", "Constraint", "HoleKind"} <= public
    graph = _run(project, "pilotfish", "graph", "callers", "analysis.mean", "--json")
    assert json.loads(graph.stdout)["rows"], graph.stdout
    program = str(project / ".venv" / "bin" / "pilotfish")
    with RawClient(_environment(project), program=program) as client:
        client.initialize(
            rootUri=project.as_uri(), capabilities={"textDocument": {"diagnostic": {}}}
        )
        uri = (project / "invented.py").as_uri()
        item = {"uri": uri, "languageId": "python", "version": 1, "text": PROJECT["invented.py"]}
        client.notify("textDocument/didOpen", {"textDocument": item})
        # A check that is replaced while it runs is to be asked for again, as a client does.
        for number in range(2, 12):
            document = {"textDocument": {"uri": uri}}
            report = client.request(number, "textDocument/diagnostic", document)
            if report.get("error", {}).get("code") != SERVER_CANCELLED:
                break
        assert "median" in str(report.get("result", {}).get("items")), report


@pytest.mark.slow
def test_a_monitor_of_another_package_is_loaded_and_type_checked(project: Path) -> None:
    said = _run(
        project,
        "python",
        "-I",
        "-c",
        "from pilotfish._rooms.decoding.monitors.registry import monitors\n"
        "print(monitors()[-1].name)",
    )
    assert said.stdout.strip() == "deprecated"
    (project / "typed.py").write_text(
        "from pilotfish.monitors import Hole, Monitor, NameSet, Passage, Verdict\n"
        "def first(m: Monitor, hole: Hole, names: NameSet, passage: Passage) -> Verdict:\n"
        "    reveal_type(names.tier)\n"
        "    return m.judge(hole, names, passage)\n"
        "def wrong(m: Monitor) -> int:\n"
        "    return m.name\n"
    )
    python = str(project / ".venv" / "bin" / "python")
    options = ["--strict", "--no-error-summary", "--python-executable", python]
    mypy = [sys.executable, "-m", "mypy", *options, "--cache-dir", str(project / ".mypy")]
    said = subprocess.run(
        [*mypy, "typed.py"], cwd=project, capture_output=True, text=True, check=False
    )
    lines = said.stdout.splitlines()
    assert len(lines) == 2, said.stdout
    assert "Tier" in lines[0]
    assert 'expected "int"' in lines[1]


@pytest.mark.slow
def test_uv_installs_it_as_a_tool(wheel: Path, tmp_path: Path) -> None:
    """As the manual says, but offline: the dependencies are ours, as in ``project``."""
    required = [re.split(r"[^\w-]", each)[0] for each in requires("pilotfish") or []]
    (tmp_path / "ours.txt").write_text("\n".join(required))
    folders = {"UV_TOOL_DIR": "tools", "UV_TOOL_BIN_DIR": "bin", "UV_CACHE_DIR": "cache"}
    options = ["--offline", "--no-index", "--no-config", "--excludes", str(tmp_path / "ours.txt")]
    subprocess.run(
        [find_uv_bin(), "tool", "install", "--python", sys.executable, *options, str(wheel)],
        env={**os.environ, **{name: str(tmp_path / each) for name, each in folders.items()}},
        capture_output=True,
        check=True,
    )
    _give_dependencies(tmp_path / "tools" / "pilotfish")
    (tmp_path / "shop.py").write_text("import json\n\njson.load_all('')\n")
    done = subprocess.run(
        [tmp_path / "bin" / "pilotfish", "check", "shop.py"],
        cwd=tmp_path,
        env=_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "load_all" in done.stdout
