"""What makes many short runs fast, and changes nothing that they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from repair.sandbox.forkserver import ForkServer
from repair.sandbox.run import Plan, Preload, Run, Terms
from repair.source.file import OffsetEdit, Source
from repair.source.units import Units, groups
from tests.repair.conftest import StartSandbox

pytestmark = pytest.mark.sandbox


def _said(server: ForkServer, workspace: Path, code: str) -> str:
    plan = Plan("code", "the code", (code,), str(workspace), path0=str(workspace))
    return server.run(plan, {}, Terms(wall=20)).output.strip()


def test_plugins_loaded_early_are_rewritten_as_pytest_would(
    sandbox: StartSandbox, workspace: Path
) -> None:
    (workspace / "test_one.py").write_text(
        "import sys\n\n\ndef test_loader():\n"
        "    kind = type(sys.modules['hypothesis'].__loader__).__name__\n"
        "    assert kind == 'AssertionRewritingHook'\n"
    )
    server = sandbox()
    server.preload(Preload(("hypothesis", "pytest_asyncio"), pytest=True))
    look = "import sys; print('hypothesis' in sys.modules, len(sys.meta_path))"
    plain = "import sys; print(len(sys.meta_path))"
    (fresh,) = _said(sandbox(), workspace, plain).split()
    assert _said(server, workspace, look).split() == ["True", fresh]
    # It warns of a plugin that was there before it, unless its own hook has loaded it.
    words = ("-W", "error::pytest.PytestAssertRewriteWarning", "test_one.py")
    plan = Plan("pytest", "pytest", words, str(workspace), path0=str(workspace))
    run = server.run(plan, {}, Terms(wall=30.0))
    assert run.passed(), run.output


def test_no_plugin_is_asked_for_a_summary_that_nobody_reads(
    sandbox: StartSandbox, workspace: Path
) -> None:
    """hypothesis imports all of itself for it, which takes longer than most tests."""
    (workspace / "conftest.py").write_text(
        "def pytest_terminal_summary():\n    raise RuntimeError('asked for a summary')\n"
    )
    (workspace / "test_one.py").write_text("def test_one():\n    assert True\n")
    plan = Plan("pytest", "pytest", ("test_one.py",), str(workspace), path0=str(workspace))
    run = sandbox().run(plan, {}, Terms(wall=30.0))
    assert run.passed(), run.output
    assert "asked for a summary" not in run.output


def test_functions_that_a_conftest_has_frozen_can_be_replaced(
    sandbox: StartSandbox, workspace: Path
) -> None:
    """``gc.freeze`` hides them from the collector, and candidates would all import anew."""
    old = "def half(n):\n    return n\n"
    (workspace / "m.py").write_text(old)
    (workspace / "conftest.py").write_text("import gc\n\nimport m\n\ngc.freeze()\n")
    (workspace / "test_m.py").write_text(
        "import m\n\n\ndef test_half():\n    assert m.half(4) == 2\n"
    )
    server = sandbox()
    plan = Plan("pytest", "pytest", ("test_m.py",), str(workspace), path0=str(workspace))
    assert server.hold(plan, wall=30) is not None
    run = server.patch(plan, [(old, old.replace("return n", "return n // 2"))], Terms(wall=20))
    assert run.passed(), run


_DEFAULTS = """\
class Rate:
    @classmethod
    def of(cls, n, by=3, *, up=True):
        return n * by if up else n / by
"""


def test_a_literal_default_is_replaced_where_the_tests_are_held(
    sandbox: StartSandbox, workspace: Path
) -> None:
    """A wrong default is found as fast as a wrong body: nothing is imported anew for it."""
    (workspace / "m.py").write_text(_DEFAULTS)
    (workspace / "test_m.py").write_text(
        "import m\n\n\ndef test_rate():\n    assert m.Rate.of(8) == 4\n"
    )
    source = Source("m.py", _DEFAULTS)

    def edits(*pairs: tuple[str, str]) -> list[OffsetEdit]:
        places = ((_DEFAULTS.index(old) + old.index("=") + 1, old, new) for old, new in pairs)
        return [OffsetEdit(at, at + len(old.partition("=")[2]), new) for at, old, new in places]

    def run(*pairs: tuple[str, str]) -> Run:
        changed = groups(Units(source), edits(*pairs))
        assert changed is not None
        texts = [(Units(source).module(u, ()), Units(source).module(u, e)) for u, e in changed]
        return server.patch(plan, texts, Terms(wall=20))

    server = sandbox()
    plan = Plan("pytest", "pytest", ("test_m.py",), str(workspace), path0=str(workspace))
    assert server.hold(plan, wall=30) is not None
    assert run(("by=3", "2"), ("up=True", "False")).passed()
    assert run(("by=3", "0.5")).passed()
    # Each run begins with the program as it is; what is reckoned cannot be seen without its module.
    assert not run(("by=3", "2")).passed()
    assert run(("by=3", "1 / 2")).cannot


def test_a_plugin_that_imports_the_workspace_is_told_from_others(
    sandbox: StartSandbox, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forks would not see that module's file replaced."""
    (workspace / "m.py").write_text("x = 1\n")
    monkeypatch.setenv("PYTHONPATH", str(workspace))
    server = sandbox()
    assert server.preload(Preload(("json",)))
    assert not server.preload(Preload(("m",)))


@pytest.mark.parametrize("held", [False, True])
def test_regular_expressions_are_compiled_before_runs_are_forked(
    sandbox: StartSandbox, workspace: Path, held: bool
) -> None:
    """What code compiles when it is first called every candidate would compile again."""
    old = "import re\n\n\ndef found(text):\n    return re.search('wa+rm', text)\n"
    (workspace / "m.py").write_text(old)
    (workspace / "test_m.py").write_text(
        "import re\n\nimport m\n\n\ndef test_cache():\n"
        "    known = (str, 'wa+rm', 0) in re._cache\n"
        "    m.found('')\n    re.compile(b'\\xe9+')\n    assert known\n"
    )
    plan = Plan("pytest", "pytest", ("test_m.py",), str(workspace), path0=str(workspace))
    server = sandbox()
    if held:
        assert server.hold(plan, wall=30) is not None

    def run() -> Run:
        terms = Terms(wall=30, modules=True)
        return server.patch(plan, (), terms) if held else server.run(plan, {}, terms)

    first = run()
    assert not first.passed()
    assert {("wa+rm", False, 0), ("\xe9+", True, 0)} <= set(first.patterns)
    server.preload(Preload((), first.patterns))
    assert run().passed()
