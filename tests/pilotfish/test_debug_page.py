"""The page of ``pilotfish debug``: what it may load, and in a real browser what it shows."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from analysis.views.plan import block_plan
from pilotfish.report.page import page
from repair.localization import Suspicion, block_suspicion, localize
from repair.sandbox.run import FailedTest, Outcome, TestResult
from repair.source.file import Source
from repair.trace.debugging import Report
from repair.trace.document import document
from repair.trace.record import Loop, TestTrace, TracedCall, Visit
from tests.e2e.code_server import browser as find_browser

SOURCE = """\
def total(prices):
    result = 0
    for price in prices:
        result -= price
    return result
"""
HOSTILE = "</script><img src=x onerror=alert(1)>"


def _visits() -> tuple[Visit, ...]:
    return (
        Visit(0, (), {"prices": "[1, 2, 3]"}, {"result": "0"}),
        Visit(1, (1,), {"prices": "[1, 2, 3]", "result": "0"}, {"price": "1"}),
        Visit(2, (1,), {"price": "1", "result": "0"}, {"result": "-1"}),
        Visit(1, (3,), {"prices": "[1, 2, 3]", "result": "-3"}, {"price": HOSTILE}),
        Visit(2, (3,), {"price": "3", "result": "-3"}, {"result": "-6"}),
        Visit(1, (4,), {"prices": "[1, 2, 3]", "result": "-6"}),
        Visit(3, (), {"result": "-6"}),
    )


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """A report as a run would make it, with a value that wants to be markup."""
    results = (
        TestResult(
            "bad",
            Outcome.FAILED,
            0.1,
            FailedTest("Error", HOSTILE, (("/w/t.py", 7, "test_bad"),)),
            frozenset({2, 3, 4, 5}),
        ),
        TestResult("good", Outcome.PASSED, 0.1, None, frozenset({2, 3, 5})),
    )
    plan = block_plan(SOURCE)
    lines: Suspicion = localize(Source("m.py", SOURCE), results)
    blocks = block_suspicion(plan, results, lines)
    arguments = {"prices": "[1, 2, 3]"}
    loops = (Loop(1, 3, (1, 3)),)
    call = TracedCall(1, 1, 0, 0, 0, "returned", 4, arguments, _visits(), loops, "-6")
    empty = TracedCall(1, 1, 0, 0, 0, "returned", 4, {"prices": "[]"}, _visits()[:1], (), "0")
    traces = (TestTrace("bad", (call,), 1, 7), TestTrace("good", (empty,), 1, 1))
    told = Report("failing", "", plan, results, (), traces, lines, blocks, test_files=("/w/t.py",))
    return document(told, "/w/m.py", "pytest")


def test_nothing_may_be_loaded_and_only_its_own_script_runs(report: dict[str, Any]) -> None:
    text = page(report, SOURCE)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for kind, element in (("style-src", "style"), ("script-src", "script")):
        (body,) = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert rules[kind] == f"'sha256-{digest}'"
    assert "http://" not in text
    assert "https://" not in text


def test_what_the_program_said_is_never_markup(report: dict[str, Any]) -> None:
    text = page(report, SOURCE)
    assert "<img" not in text
    (data,) = re.findall(r'<script type="application/json" id="report">(.*?)</script>', text)
    assert json.loads(data) == report


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without a screen."""
    with sync_playwright() as playwright:
        program, env = find_browser()
        yield playwright.chromium.launch(
            executable_path=program, env={**env}, args=["--no-sandbox"]
        )


@pytest.fixture
def shown(chromium: Browser, report: dict[str, Any], tmp_path: Path) -> Iterator[Page]:
    """The page, open, with a watch on what it asks for and complains of."""
    path = tmp_path / "report.html"
    path.write_text(page(report, SOURCE), encoding="utf-8")
    tab = chromium.new_page(viewport={"width": 1400, "height": 900})
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("dialog", lambda dialog: complaints.append(dialog.message))
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(path.as_uri())
    yield tab
    assert asked == [path.as_uri()]
    assert complaints == []
    tab.close()


def _chosen(tab: Page) -> str:
    return tab.locator(".visit.now .line").inner_text().replace("\n", " ")


@pytest.mark.process
@pytest.mark.slow
def test_it_opens_at_the_last_visit_of_the_most_suspicious_block(shown: Page) -> None:
    assert _chosen(shown).startswith("line 4 result -= price turn 3 of 3")
    assert shown.locator(".graph.shown .block.now").count() == 1
    assert shown.locator("#source tr.in").get_attribute("data-line") == "3"
    assert "result = -6" in shown.locator("#source tr.in .inline").inner_text()
    changed = shown.locator(".visit.now table.names tr.changed")
    assert changed.locator("td").all_inner_texts() == ["result", "-3", "-6"]


@pytest.mark.process
@pytest.mark.slow
def test_keys_step_through_visits_and_tests(shown: Page) -> None:
    shown.keyboard.press("ArrowLeft")
    assert "turn 1 of 3" in _chosen(shown)
    shown.keyboard.press("ArrowUp")
    assert _chosen(shown).startswith("line 3 for price in prices:")
    shown.keyboard.press("2")
    assert shown.locator('#tests button[aria-pressed="true"]').inner_text() == "good"
    # What the chosen test ended in, and no other's.
    assert not shown.locator("#why").is_visible()
    shown.keyboard.press("1")
    assert shown.locator("#why").inner_text().startswith("Error: ")
    shown.keyboard.press("2")
    assert _chosen(shown).startswith("line 2")


@pytest.mark.process
@pytest.mark.slow
def test_blocks_and_lines_are_chosen_by_click_and_key(shown: Page) -> None:
    shown.locator('.graph.shown [data-block="1:0"]').click()
    assert _chosen(shown).startswith("line 2 result = 0")
    shown.locator('#source tr[data-line="4"]').click()
    assert _chosen(shown).startswith("line 5 return result")
    shown.locator('.graph.shown [data-block="1:2"]').focus()
    shown.keyboard.press("Enter")
    assert _chosen(shown).startswith("line 4 result -= price turn 1 of 3")


@pytest.mark.process
@pytest.mark.slow
def test_the_way_from_the_test_is_shown_and_fits_a_narrow_window(shown: Page) -> None:
    way = shown.locator("#way")
    assert way.inner_text() == "test_bad → total"
    assert way.get_by_role("button").first.get_attribute("title") == "t.py:7"
    shown.keyboard.press("2")
    assert way.inner_text() == ""
    shown.set_viewport_size({"width": 800, "height": 800})
    assert shown.evaluate("document.documentElement.scrollWidth") <= 800


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_in_both_schemes(shown: Page, scheme: Any) -> None:
    shown.emulate_media(color_scheme=scheme)
    colours = shown.evaluate(
        """() => ["--ink", "--card", "--faint"].map(
            (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim())"""
    )
    ink, card, faint = (_luminance(colour) for colour in colours)
    # WCAG 2.1, 1.4.3: 4.5 to 1.
    assert _contrast(ink, card) > 7
    assert _contrast(faint, card) > 4.5


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
