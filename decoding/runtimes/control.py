"""Text that must stay text: which tokens are control tokens, and how content never becomes one.

Invariant 6: no text of a workspace can become a control token of a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

#: How tokens look that mean something to a model though its file marks them as ordinary: markup
#: such as ``<tool_call>``, ``<|file_sep|>`` or ``[INST]``. Others that were added to a vocabulary
#: (runs of spaces, say) are plain text.
_MARKUP = re.compile(r"[<\[｜▁|].*[>\]｜|]", re.DOTALL)


def looks_like_markup(text: str) -> bool:
    """Whether an added token of this text is markup rather than plain text."""
    return len(text) > 2 and _MARKUP.fullmatch(text) is not None


def plain_tokens(
    text: str,
    tokenize: Callable[[str], list[int]],
    control: Collection[int],
    spelling: Callable[[int], str],
) -> list[int]:
    """Tokens of ``text`` none of which is in ``control``.

    ``tokenize`` already leaves out what the model's file marks as control; what it still finds (an
    added token that only looks ordinary) is broken behind its first character, so that the text is
    spelled by ordinary tokens.
    """
    tokens = tokenize(text)
    found = [token for token in tokens if token in control]
    if not found:
        return tokens
    literal = max((spelling(token) for token in found), key=len)
    head, matched, tail = text.partition(literal)
    if not matched:
        return [token for token in tokens if token not in control]
    first = plain_tokens(head + literal[0], tokenize, control, spelling)
    return first + plain_tokens(literal[1:] + tail, tokenize, control, spelling)
