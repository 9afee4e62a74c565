"""VS Code through its user interface: what is typed and clicked, and what is seen.

Nothing is slept through: each step waits for what a person would wait to see.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Error, FrameLocator, Locator, Page

#: Bounds a hang on a busy machine; no test waits for time to pass.
PATIENCE_MS = 60_000
#: How often a lens is clicked that is drawn anew each time.
_CLICKS = 15
_WEBVIEW = "iframe.webview"
#: Which of these elements stands highest: their order in the page is that of drawing.
_TOPMOST = """found => {
  const tops = found.map(each => each.getBoundingClientRect().top)
  return tops.indexOf(Math.min(...tops))
}"""

#: Lines are drawn in any order, and their spaces do not break.
_LINES = """
() => [...document.querySelectorAll('.part.editor .editor-instance .view-lines .view-line')]
  .sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top))
  .map((line) => line.textContent.replace(/\\u00a0/g, ' '))
"""

#: WCAG 2.2, *contrast ratio* and *relative luminance*; backgrounds are painted over each other,
#: the editor's at the bottom.
_CONTRAST = """
(element) => {
  const parse = (text) => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return a === 0 ? [0, 0, 0, 0] : [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    layers.push(parse(getComputedStyle(at).backgroundColor));
  }
  const page = getComputedStyle(document.documentElement);
  const editor = parse(page.getPropertyValue('--vscode-editor-background'));
  const behind = layers.reverse().reduce((below, top) => over(top, below), editor);
  const text = over(parse(getComputedStyle(element).color), behind);
  const light = (rgb) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dim, bright] = [light(behind), light(text)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}
"""


#: Counts what a person does.
_STEPS = """
window.steps = { clicks: 0, keys: 0 };
addEventListener('pointerdown', () => { window.steps.clicks += 1; }, true);
addEventListener('keydown', () => { window.steps.keys += 1; }, true);
"""


class VSCode:
    """One window, in a folder."""

    def __init__(self, page: Page, address: str, folder: Path) -> None:
        self.page = page
        self.folder = folder
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(_STEPS)
        page.goto(f"{address}/?folder={quote(str(folder))}")
        self.page.get_by_role("treeitem", name="pyproject.toml").wait_for()

    # ------------------------------------------------------------------ doing

    def press(self, *keys: str) -> None:
        """Press keys, by the names that Playwright has for them."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type at the cursor as a person does."""
        self.page.keyboard.type(text, delay=20)

    def pick(self, text: str) -> None:
        """Choose the entry with this text from the list that is open at the top."""
        rows = self.page.locator(".quick-input-widget .quick-input-list .monaco-list-row")
        rows.filter(has_text=text).first.click()

    def open(self, name: str) -> None:
        """Open a file of the folder."""
        self.page.get_by_role("treeitem", name=name).dblclick()
        self.page.get_by_role("tab", name=name).wait_for()
        self.page.locator(".editor-instance .view-line").first.wait_for()

    def wait_until_ready(self) -> None:
        """Wait until the status item says that the server works: before, nothing is suggested."""
        self.page.locator('.statusbar-item[aria-label*="engine ready"]').wait_for()

    def go_to(self, line: int, column: int) -> None:
        """Put the cursor at a place, both counted from 1."""
        self.press("Control+G")
        box = self.page.locator(".quick-input-widget input")
        box.fill(f":{line}:{column}")
        self.page.locator(".quick-input-widget", has_text="to go to line").wait_for()
        self.press("Enter")
        self.page.locator(".statusbar", has_text=f"Ln {line}, Col {column}").wait_for()

    def command(self, title: str) -> None:
        """Run a command by its title in the palette."""
        self.press("F1")
        self.page.locator(".quick-input-widget input").fill(f">{title}")
        self.pick(title)

    def trust(self) -> None:
        """Trust the folder, by the banner of the restricted mode."""
        self.page.locator("a.monaco-link", has_text="Manage").click()
        self.page.get_by_role("button", name="Trust", exact=True).click()
        self.page.locator(".statusbar", has_text="Restricted Mode").wait_for(state="hidden")
        modal = self.page.locator(".monaco-modal-editor-block")
        modal.get_by_role("button", name="Close").first.click()
        modal.wait_for(state="hidden")

    def save(self) -> None:
        """Save all files."""
        self.command("File: Save All")
        self.page.locator(".part.editor .tab.dirty").first.wait_for(state="hidden")

    def quick_fix(self, text: str) -> None:
        """Open the menu of code actions at the cursor and choose the one with this text.

        The light bulb tells that there are some; before it is there, the menu could be empty.
        """
        self.page.locator(".lightBulbWidget, [class*=gutter-lightbulb]").first.wait_for()
        wanted = self.actions.filter(has_text=text).first
        # VS Code closes the menu when marks are drawn anew: then it is opened again.
        for patience in (PATIENCE_MS / 4, PATIENCE_MS / 4, PATIENCE_MS):
            self.press("Control+.")
            with contextlib.suppress(Error):
                wanted.wait_for(timeout=patience)
                break
        focused = self.page.locator(".action-widget .monaco-list-row.action.focused")
        for _ in range(self.actions.count()):
            if text in focused.inner_text():
                break
            self.press("ArrowDown")
        self.press("Enter")

    # ------------------------------------------------------------------ seeing

    def steps(self) -> dict[str, int]:
        """How many clicks and keys there were in this window."""
        found: dict[str, int] = self.page.evaluate("window.steps")
        return found

    @property
    def actions(self) -> Locator:
        """The entries of the menu of code actions."""
        return self.page.locator(".action-widget .monaco-list-row.action")

    @property
    def marks(self) -> Locator:
        """Squiggles under errors and warnings."""
        return self.page.locator(".squiggly-error, .squiggly-warning")

    @property
    def ghost(self) -> Locator:
        """Ghost text in the lines of the editor."""
        return self.page.locator(".view-lines [class*=ghost-text-decoration]")

    def lenses(self, title: str) -> Locator:
        """The code lenses with this title, in the order in which VS Code drew them."""
        return self.page.locator(".codelens-decoration a", has_text=re.compile(f"^{title}$"))

    def debug(self) -> None:
        """Click the first lens *Debug*."""
        self.lens("Debug")

    def lens(self, title: str) -> None:
        """Click the topmost lens with this title, and again where VS Code has drawn it anew
        meanwhile: what the old one runs is forgotten then, which a notice says."""
        refused = self.notices.filter(has_text="Actual command not found")
        running = self.page.locator(
            ".statusbar-item", has_text=re.compile("Debugging|Repairing")
        ).or_(self.page.locator(".monaco-diff-editor"))
        for _ in range(_CLICKS):
            self.lenses(title).first.wait_for()
            topmost = self.lenses(title).evaluate_all(_TOPMOST)
            self.lenses(title).nth(topmost).click()
            refused.or_(running).or_(self.page.locator(_WEBVIEW)).first.wait_for()
            if refused.count() == 0:
                break
            self.command("Notifications: Clear All Notifications")
            # Going on, or looking again, makes VS Code ask for lenses anew.
            self.page.wait_for_timeout(1000)

    @property
    def status(self) -> Locator:
        """Pilotfish's item in the status bar."""
        return self.page.locator(".statusbar-item", has_text="Pilotfish")

    @property
    def notices(self) -> Locator:
        """Notifications that are shown."""
        return self.page.locator(".notification-list-item")

    @property
    def trace(self) -> FrameLocator:
        """The inside of the trace view."""
        return self.page.frame_locator(_WEBVIEW).frame_locator("iframe#active-frame")

    def diff(self, side: str) -> Locator:
        """The text of one side of a diff, ``original`` or ``modified``."""
        return self.page.locator(f".monaco-diff-editor .editor.{side} .view-lines")

    def look(self, folder: Path, name: str) -> None:
        """Keep what is seen: light and dark, wide and narrow."""
        for theme, kind in (("light", "vs"), ("dark", "vs-dark")):
            self.page.locator(f".monaco-workbench.{kind}").wait_for()
            for width in (1280, 800):
                self.page.set_viewport_size({"width": width, "height": 800})
                self.page.screenshot(path=folder / f"{name}-{theme}-{width}.png")
            self.command("Preferences: Toggle between Light/Dark Themes")
        self.page.set_viewport_size({"width": 1280, "height": 800})

    def contrast(self, selector: str) -> float:
        """The contrast of text in the trace view to what is behind it, 1 to 21."""
        ratio: float = self.trace.locator(selector).first.evaluate(_CONTRAST)
        return ratio

    def lines(self) -> list[str]:
        """The lines that are seen in the editor, ghost text among them."""
        found: list[str] = self.page.evaluate(_LINES)
        return found

    def wait_for_line(self, number: int, text: str, *, other: bool = False) -> None:
        """Wait until a line, ghost text included, is ``text``, or an ``other`` one."""
        check = f"([at, text, other]) => (({_LINES})()[at] === text) !== other"
        self.page.wait_for_function(check, arg=[number - 1, text, other])

    def read(self, name: str) -> str:
        """What the disk holds of a file."""
        return (self.folder / name).read_text()
