"""Tests with fixtures, set up without pytest's protocol, come out as with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from repair.sandbox.run import Plan, Terms
from tests.repair.conftest import StartSandbox
from tests.repair.sandbox.outcomes import outcomes

pytestmark = pytest.mark.sandbox

#: Tests that ask for fixtures of all kinds, which pass or fail in each phase.
FIXTURES = """
import logging
import sys

import pytest


@pytest.fixture(autouse=True)
def around(request):
    yield
    if request.node.name == "test_torn_down_in_vain":
        raise ValueError


@pytest.fixture
def two():
    return 2


@pytest.fixture
def broken(two):
    raise KeyError(two)


@pytest.fixture
def unavailable():
    pytest.skip("not here")


@pytest.fixture
def lost():
    yield
    pytest.fail("lost")


@pytest.fixture(params=[1, 2])
def each(request):
    return request.param


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    yield folder
    assert not (folder / "left").exists()


@pytest.fixture
def late(request):
    return request.getfixturevalue("caplog")


def test_passes(two):
    assert two == 2


def test_fails(two):
    assert two == 3


def test_is_not_set_up(broken):
    pass


def test_is_skipped(unavailable):
    raise ValueError


def test_skips(two):
    pytest.skip("not now")


def test_exits(two):
    sys.exit(0)


def test_fails_and_is_lost(lost):
    raise ValueError


def test_is_lost(lost):
    pass


def test_torn_down_in_vain(two):
    pass


def test_each(each, two):
    assert each == two


@pytest.mark.parametrize("n", [1, 2])
def test_given(n, two):
    assert n == two


@pytest.mark.parametrize("two", [5], indirect=True)
def test_indirect(two):
    assert two == 2


@pytest.mark.usefixtures("broken")
def test_uses():
    pass


@pytest.mark.xfail
def test_is_expected(two):
    assert two == 3


@pytest.mark.skipif(True, reason="never")
def test_is_never_run(broken):
    pass


def test_has_a_folder(tmp_path):
    (tmp_path / "a").write_text("a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_has_a_folder_and_fails(tmp_path, two):
    assert list(tmp_path.iterdir())


def test_patches(monkeypatch):
    monkeypatch.setattr(sys, "argv", [])


def test_is_patched_no_more():
    assert sys.argv


def test_sees_what_is_printed(capsys):
    print("a")
    assert capsys.readouterr().out == "a\\n"


def test_sees_what_is_logged(caplog):
    logging.warning("a")
    assert caplog.messages == ["a"]


def test_sees_it_late(late):
    logging.warning("a")
    assert late.messages == ["a"]


def test_catches_a_warning(recwarn):
    import warnings

    warnings.warn("a", UserWarning, 1)
    assert len(recwarn) == 1


class TestSetUp:
    def setup_method(self):
        self.left = []

    def teardown_method(self):
        assert not self.left

    def test_is_set_up(self):
        assert self.left == []

    def test_leaves(self, two):
        self.left.append(two)


def test_shares(shared):
    assert shared.is_dir()


def test_leaves_what_is_shared(shared):
    (shared / "left").write_text("")
"""


def test_what_fixtures_set_up_comes_out_as_pytest_says(
    sandbox: StartSandbox, workspace: Path
) -> None:
    (workspace / "test_m.py").write_text(FIXTURES)
    plan = Plan("pytest", "pytest", ("test_m.py",), str(workspace), path0=str(workspace))
    server = sandbox()
    said = outcomes(server.run(plan, {}, Terms(wall=60)))
    assert server.hold(plan, wall=30) is not None
    assert outcomes(server.patch(plan, (), Terms(wall=60))) == said
    assert set(said.values()) == {"passed", "failed", "error", "skipped"}
    assert said["test_leaves_what_is_shared"] == "error"


def test_each_candidate_has_what_its_fixtures_set_up_with_it(
    sandbox: StartSandbox, workspace: Path
) -> None:
    (workspace / "m.py").write_text("def made():\n    return 1\n")
    (workspace / "test_m.py").write_text(
        "import inspect\nimport pytest\nfrom m import made\n\n\n"
        "@pytest.fixture\ndef it(tmp_path):\n"
        "    assert not list(tmp_path.parent.glob('*/left'))\n"
        "    (tmp_path / 'left').write_text('')\n    return made()\n\n\n"
        "def test_it(it):\n    around = {frame.function for frame in inspect.stack()}\n"
        "    assert 'pytest_runtest_protocol' not in around\n    assert it == 2\n"
    )
    plan = Plan("pytest", "pytest", ("test_m.py",), str(workspace), path0=str(workspace))
    text = (workspace / "m.py").read_text()
    server = sandbox(target="m.py")
    assert server.hold(plan, wall=30) is not None
    for number, passes in ((3, False), (2, True), (4, False), (2, True)):
        changed = [(text, text.replace("1", str(number)))]
        assert server.patch(plan, changed, Terms(wall=60)).passed() == passes
