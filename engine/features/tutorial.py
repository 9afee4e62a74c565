"""How an assistant should ask, and write Python here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.request import Caller, Lane, Request, Route

TUTORIAL = """\
How to write Python in this workspace, with Pilotfish's help.

Before you write
- Ask pilotfish/expectedType at the cursor: it says which type the code around wants there, and
  which parameter, annotation or comparison says so. An empty type means that nothing says it.
- Ask pilotfish/relevantTypes for the classes you need to know, with their fields and methods as
  the installed versions have them. Trust these over what you remember of a package.
- Ask pilotfish/relevantHeaders for what already gives a value of that type. Call one of these
  rather than write it anew. A fit of "same" or "subclass" can be used as it is; with "sometimes"
  test for the other case first; with "holds" take the value out.
- For the names behind a dot, in an import or in a call, ask for completion: a set that is not
  marked as incomplete holds every name there is.

While you write
- Write only what goes at the cursor. Keep names, quotes, indentation and the style of annotations
  as the file has them.
- Use no attribute, keyword or module that the answers do not show. Where a set is incomplete and
  you are unsure, prefer what the file uses already.
- Import what you use, with the imports that are there.
- Handle None where a type says "| None".

After you have written
- Send the draft to pilotfish/errorReport before you show it. It answers only with what is wrong in
  the draft and was not wrong before, with the nearest real name where one is known. Fix these and
  nothing else, then ask again; an empty report means that nothing is known against the draft, not
  that it is right.
- Run the tests; pilotfish/trace shows what a failing one did, block by block.
"""


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
    from engine.features.tutorial import TUTORIAL

    del request, context, caller
    return TutorialAnswer(TUTORIAL)


ROUTE = Route(TutorialRequest, TutorialAnswer, _run, Lane.INLINE)
