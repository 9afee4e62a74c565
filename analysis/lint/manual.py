"""The manual's page of every rule, made from the rule itself.

``python -m analysis.lint.manual docs/diagnostics`` writes them; a test compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from analysis.lint.rules import RULES
from analysis.lint.rules.rule import Example, Rule


def pages() -> dict[str, str]:
    """File names and texts: one page a rule, and their index."""
    written = {f"{rule.CODE}.md": page(rule) for rule in RULES}
    rows = "".join(
        f"| [{rule.CODE}]({rule.CODE}.md) | {rule.NAME} | {_title(rule)} |\n" for rule in RULES
    )
    written["index.md"] = (
        "# Diagnostics\n\nMade by `python -m analysis.lint.manual docs/diagnostics`.\n\n"
        f"| code | name | reports |\n| --- | --- | --- |\n{rows}"
    )
    return written


def page(rule: Rule) -> str:
    """The page of one rule: its docstring, then its examples."""
    body = (rule.__doc__ or "").partition("\n")[2].strip()
    wrong = [example for example in rule.EXAMPLES if example.reported]
    right = [example for example in rule.EXAMPLES if not example.reported]
    return (
        f"# {rule.CODE}: {rule.NAME}\n\n{_title(rule)}\n\n{body}\n\n"
        f"## Reported\n\n{''.join(map(_example, wrong))}"
        f"## Not reported\n\n{''.join(map(_example, right))}"
    ).rstrip() + "\n"


def _title(rule: Rule) -> str:
    return (rule.__doc__ or "").partition("\n")[0]


def _example(example: Example) -> str:
    note = f"# reported: {', '.join(example.reported)}\n" if example.reported else ""
    return f"```python\n{note}{example.source}```\n\n"


def main(folder: Path) -> int:
    """Write the pages into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
