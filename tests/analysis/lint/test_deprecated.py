"""What an installed package deprecates, in every way that it can say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.lint.invented import look
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from tests.analysis.lint.conftest import environment

PACKAGE = '''
import functools
import warnings
from typing import overload

from typing_extensions import deprecated


@deprecated("use new() instead")
def old(): ...


@warnings.deprecated("use new()")
def older(): ...


def by_docstring():
    """Does it.

    .. deprecated:: 2.1
       Use :func:`new`.
    """


def of_a_parameter(x=None):
    """Does it.

    :param x: how

        .. deprecated:: 2.1
    """


def of_a_use(x=None):
    """Does it.

    .. deprecated:: 2.1

       It is deprecated to call this when nothing runs.
    """


def by_warning(x):
    """Does it."""
    warnings.warn(
        "by_warning() is deprecated", DeprecationWarning, stacklevel=2
    )
    return x


def sometimes(x=None):
    if x is not None:
        warnings.warn("x is deprecated", DeprecationWarning)


def of_another_sort():
    warnings.warn("careful", UserWarning)


@deprecated("use New")
class Old: ...


class Warned:
    def __init__(self):
        warnings.warn("Warned is deprecated", DeprecationWarning)


class New:
    @deprecated("use go")
    def went(self): ...

    def go(self): ...


def new(): ...
'''
CASES = {
    "old()": "use new() instead",
    "older()": "use new()",
    "by_docstring()": "since 2.1: Use :func:`new`.",
    "by_warning(1)": "by_warning() is deprecated",
    "Old()": "use New",
    "Warned()": "Warned is deprecated",
    "New().went()": "use go",
}
SILENT = [
    "of_a_use()",
    "of_a_parameter()",
    "sometimes()",
    "of_another_sort()",
    "New().go()",
    "new()",
    "New()",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deprecating")
    environment(folder, "dep", PACKAGE, "2.1")
    return folder


def _said(root: Path, provider: ReferenceProvider, source: str) -> list[tuple[str, str]]:
    found = look(Snapshot(str(root / "app.py"), source, Workspace(str(root))), provider).findings
    return [(finding.code, finding.message) for finding in found]


@pytest.mark.parametrize(("call", "said"), CASES.items())
def test_it_is_told_in_which_version_and_what_its_author_says(
    root: Path, provider: ReferenceProvider, call: str, said: str
) -> None:
    name = call.partition("(")[0] if "." not in call else "New().went"
    expected = f"`dep.{name}` is deprecated in dep 2.1: {said}"
    assert _said(root, provider, f"import dep\ndep.{call}\n") == [("PF108", expected)]


@pytest.mark.parametrize("call", SILENT)
def test_what_is_not_wholly_deprecated_is_left_alone(
    root: Path, provider: ReferenceProvider, call: str
) -> None:
    assert _said(root, provider, f"import dep\ndep.{call}\n") == []


def test_an_expected_warning_is_not_reported(root: Path, provider: ReferenceProvider) -> None:
    source = "import dep\nimport pytest\n\nwith pytest.warns(DeprecationWarning):\n    dep.old()\n"
    assert [code for code, _ in _said(root, provider, source) if code == "PF108"] == []
    assert _said(root, provider, "import dep\ndep.old()  # noqa: PF108\n") == []


@pytest.mark.parametrize(("version", "reported"), [("3.13.1", False), ("3.14.0", True)])
def test_the_standard_library_deprecates_from_a_version_on(
    provider: ReferenceProvider, tmp_path: Path, version: str, reported: bool
) -> None:
    environment(tmp_path, "dep", "", "1")
    (tmp_path / ".venv" / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n")
    text = "import codecs, datetime\ncodecs.open('a')\n"
    text += "datetime.datetime.utcnow()\n"  # of which the stub does not say since when
    found = look(Snapshot(str(tmp_path / "app.py"), text, Workspace(str(tmp_path))), provider)
    assert [(f.code, f.line) for f in found.findings] == ([("PF108", 1)] if reported else [])


def test_a_directive_about_a_parameter_is_not_about_the_whole(
    provider: ReferenceProvider, tmp_path: Path
) -> None:
    source = 'def ib(x=None):\n    """Make.\n\n    .. deprecated:: 17.4.0 *convert*\n    """\n'
    environment(tmp_path, "dep", source, "26.1")
    text = "import dep\ndep.ib()\n"
    found = look(Snapshot(str(tmp_path / "app.py"), text, Workspace(str(tmp_path))), provider)
    assert found.findings == ()
