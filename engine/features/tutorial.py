"""How an assistant should ask, and write Python here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class TutorialAnswer:
    """Plain text for a prompt."""

    text: str


@dataclass(frozen=True, slots=True)
class TutorialRequest(Request[TutorialAnswer]):
    """How should an assistant ask, and write Python here?"""


def _run(request: TutorialRequest, context: Context, caller: Caller) -> TutorialAnswer:
    """The same for everyone."""
    from analysis.holes.tutorial import TUTORIAL

    del request, context, caller
    return TutorialAnswer(TUTORIAL)


ROUTE = Route(TutorialRequest, TutorialAnswer, _run, Lane.INLINE)
