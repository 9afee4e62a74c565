"""What is said to a model that shall write a function again, when cheaper ways have failed.

``dialog`` tells it what the failing run did, block by block (LDB: Zhong, Wang, Shang, ACL 2024).
``plan`` lets it first say in comments what the function must do, step by step, and then write (LPW:
Lei et al., "Planning-Driven Programming", 2024). What each is worth: ``docs/decisions.md``.
"""

from __future__ import annotations

from enum import StrEnum

_CODE, _STORY = 2400, 2400
#: How a plan begins, in the place of the body.
PLAN = "# 1."


class Talk(StrEnum):
    """The ways to ask."""

    DIALOG = "dialog"
    PLAN = "plan"


def task(talk: Talk, code: str, summary: str) -> str:
    """The question. ``code`` is the function as it is, ``summary`` what its failing run did, if
    that is known (:func:`repair.trace.trace_summary.summary`)."""
    said = [f"This function is wrong, a test of it fails:\n```python\n{code[:_CODE]}\n```"]
    if summary:
        said.append(f"What the failing run did, block by block:\n{summary[:_STORY]}")
    if talk is Talk.PLAN:
        said.append("Say in comments what it must do, step by step, then write it correctly.")
    else:
        said.append("Find the block that does what it should not, and write the function again.")
    return "\n".join(said)


def body(talk: Talk, text: str) -> str:
    """The function's body in what was written: without the plan before it."""
    if talk is not Talk.PLAN:
        return text
    lines = text.split("\n")[1:]
    while lines and (not lines[0].strip() or lines[0].lstrip().startswith("#")):
        del lines[0]
    return "\n".join(lines).lstrip()
