"""Which jedi is changed: the pinned one, all of it in the table, and another one is refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jedi
import pytest

from analysis.deadline import Deadline
from analysis.errors import AnalysisError
from analysis.semantics.jedi_provider.patches.known import REPLACED, VERSIONS
from analysis.snapshot import Snapshot, Workspace
from analysis.worker.pool import AnalysisPool, WorkerSettings

ROOT = Path(__file__).resolve().parents[3]
#: Prints what differs in jedi's modules and classes after ``prepare``.
DIFFERENCES = """
import json, pkgutil, importlib, sys
import jedi

def picture():
    seen = {}
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] not in ("jedi", "parso") or name == "jedi.settings":
            continue
        for key, value in list(vars(module).items()):
            seen[f"{name}:{key}"] = value
            if isinstance(value, type) and value.__module__ == name:
                seen |= {f"{name}:{key}.{k}": v for k, v in vars(value).items()}
    return seen

for each in pkgutil.walk_packages(jedi.__path__, "jedi."):
    if "third_party" not in each.name and not each.name.endswith(("__main__", "replstartup")):
        importlib.import_module(each.name)
before = picture()
from analysis.semantics.reference import ReferenceProvider
ReferenceProvider(sys.argv[1])
after = picture()
print(json.dumps(sorted(key for key, value in after.items() if before.get(key) is not value)))
"""


def test_the_versions_are_those_that_the_project_pins() -> None:
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {f"{name}=={version}" for name, version in VERSIONS.items()} <= set(pinned)


def test_the_table_names_everything_that_is_replaced(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DIFFERENCES, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    table = {f"{module}:{name}" for module, names in REPLACED.items() for name in names}
    assert set(json.loads(done.stdout)) == table


def _newer(package: Path) -> str:
    file = package / "__init__.py"
    file.write_text(file.read_text().replace(f"'{VERSIONS['jedi']}'", "'0.99.0'"))
    return "jedi 0.99.0 is installed, not"


def _changed(package: Path) -> str:
    file = package / "inference" / "syntax_tree.py"
    file.write_text(file.read_text().replace("_infer_comparison_part", "_compare"))
    return "_infer_comparison_part has changed"


@pytest.mark.process
@pytest.mark.parametrize("change", [_newer, _changed])
def test_another_jedi_is_refused_with_one_message(
    change: Callable[[Path], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(Path(jedi.__file__).parent, tmp_path / "other" / "jedi")
    what = change(tmp_path / "other" / "jedi")
    python = _environment(tmp_path / "env", tmp_path / "other")
    doctor = subprocess.run(
        [python, "-m", "pilotfish", "doctor", "--json"], capture_output=True, text=True
    )
    (sign,) = _signs(json.loads(doctor.stdout))
    assert what in sign
    assert "pip install jedi==" in sign
    monkeypatch.setattr(sys, "executable", python)
    with AnalysisPool(WorkerSettings(str(tmp_path / "cache"), workers=1)) as pool:
        snapshot = Snapshot(str(tmp_path / "a.py"), "''.", Workspace(str(tmp_path)))
        for _ in range(2):
            asked = pool.inspect(snapshot, 0, 3, Deadline.after(60))
            with pytest.raises(AnalysisError) as refused:
                asked.result(60)
            assert what in str(refused.value)
        assert str(pool.trouble) == str(refused.value)


def _environment(folder: Path, first: Path) -> str:
    """A Python with all that this one has, and before that what lies in ``first``."""
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    (site,) = folder.glob("lib/python*/site-packages")
    own = [path for path in sys.path if path.endswith("site-packages")]
    lines = [f"import sys; sys.path.insert(0, {os.fspath(first)!r})"]
    lines += [f"import site; site.addsitedir({path!r})" for path in own]
    (site / "other.pth").write_text("\n".join(lines))
    return str(python)


def _signs(told: Any) -> list[str]:
    return [json.dumps(sign) for sign in told["checks"] if sign["name"] == "analysis"]
