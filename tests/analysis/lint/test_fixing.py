from __future__ import annotations

from pathlib import Path

from analysis.findings import Edit, Finding, Fix, Severity
from analysis.lint import ruff
from analysis.lint.fixing import apply_fixes, fixed


def finding(start: int, end: int, text: str, *, safe: bool = True, line: int = 0) -> Finding:
    fix = Fix("fix", (Edit(line, start, line, end, text),), safe)
    return Finding("/a.py", line, start, line, end, "X1", Severity.ERROR, "", "pilotfish", (fix,))


def test_only_safe_fixes_are_applied() -> None:
    text, applied = fixed("aé😀b c", [finding(3, 4, "X"), finding(5, 6, "Y", safe=False)])
    assert (text, applied) == ("aé😀X c", 1)


def test_fixes_do_not_lie_upon_another() -> None:
    assert fixed("abcd", [finding(0, 2, "X"), finding(1, 3, "Y")]) == ("Xcd", 1)


def test_line_ends_stay_as_they_are() -> None:
    assert fixed("a\r\nb\rc", [finding(0, 1, "X", line=1), finding(0, 1, "Y", line=2)]) == (
        "a\r\nX\rY",
        2,
    )


def test_fixes_that_break_the_syntax_together_are_applied_alone() -> None:
    text = "if x:\n    a\n    b\n"
    whole = [
        Finding(
            "/a.py", n, 0, n, 5, "X1", Severity.ERROR, "", "ruff",
            (Fix("remove", (Edit(n, 0, n + 1, 0, ""),), True),),
        )
        for n in (1, 2)
    ]  # fmt: skip
    assert apply_fixes(text, whole, lambda _: ()) == ("if x:\n    b\n", 1)


def test_ruff_is_asked_again_until_nothing_is_left(tmp_path: Path) -> None:
    path = str(tmp_path / "a.py")

    def ask(text: str) -> tuple[Finding, ...]:
        return ruff.check_text(text, path, str(tmp_path))

    source = "import os\nimport sys\n\nx = f''\nprint(x)\n"
    fixed, applied = apply_fixes(source, ask(source), ask)
    assert "import" not in fixed
    assert applied >= 2
    assert not any(fix.safe for f in ask(fixed) for fix in f.fixes)
