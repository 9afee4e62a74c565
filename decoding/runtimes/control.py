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

#: Where a control token of any family may begin within content, as vendors spell them:
#: ``<|im_end|>``, ``<｜fim▁hole｜>``, ``</s>``, ``<file_sep>``, ``<[fim-suffix]>``, ``[INST]``,
#: ``[gMASK]``, ``]~b]``, ``|||IP_ADDRESS|||``. Each match is one character long, so that a spelling
#: within another is found too; the lengths are bounded, so that the search is linear.
_SPELLED = re.compile(
    r"<(?=[|｜][^\s<>]{1,80}>|/?[A-Za-z][\w.:/▁-]{0,80}>|\[[^\s<>]{1,80}\]>)"
    r"|\[(?=/?(?:INST|IMG|AVAILABLE_|TOOL|SYSTEM_|MODEL_|ARGS|CALL_ID|THINK|AUDIO|BEGIN_|TRANSCRIBE"
    r"|PREFIX|MIDDLE|SUFFIX|CLS|SEP|MASK|PAD|UNK|BOS|EOS|REF|STRING|control_|unused|gMASK|sMASK"
    r"|multimodal|extra_id|e~\[)|@[A-Z])"
    r"|\](?=[~<][^\s<>]{1,80}[\]\[])"
    r"|\|(?=\|\|[A-Z_]{1,80}\|\|\|)"
)


def without_control(text: str) -> list[str]:
    """``text`` in parts none of which holds the spelling of a control token.

    Each spelling is cut behind its first character. Tokens of the parts, one after another, spell
    ``text``, and a server that looks for control tokens in whatever it is sent finds none.
    """
    cuts = [match.end() for match in _SPELLED.finditer(text)]
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    return [part for part in parts if part]


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
