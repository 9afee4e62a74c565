"""A Python under which no test can run is refused by its version."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from analysis.environments.candidates import resolve
from analysis.snapshot import Workspace
from repair.errors import RepairError
from repair.sandbox.interpreter import interpreter_of


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 7, 16)])
def test_a_python_that_is_too_old_is_refused(version: tuple[int, int, int]) -> None:
    found = replace(resolve(Workspace("/", python=sys.executable)), version=version)
    with pytest.raises(RepairError, match=r"tests run with Python 3\.8 to 3\.14") as caught:
        interpreter_of(found)
    assert ".".join(map(str, version)) in caught.value.what
    assert "--python" in caught.value.help


@pytest.mark.parametrize("version", [(3, 8, 0), (3, 9, 18), (3, 14, 0)])
def test_every_python_from_3_8_is_taken(version: tuple[int, int, int]) -> None:
    found = replace(resolve(Workspace("/", python=sys.executable)), version=version)
    assert interpreter_of(found).version == version
