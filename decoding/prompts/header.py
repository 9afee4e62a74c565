"""What is known of a hole, as one comment line for the start of a prompt.

The model cannot see the class behind ``receiver.``, the parameters of what it calls or the names
that still lack their import, so they are listed: the likeliest that fit a budget of tokens. At the
start of the prompt, since right above the hole it hurts (measured in the experiment of issue C).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from analysis.names import Name, NameSet
from analysis.signatures import Parameter, ParameterKind, Signature
from decoding.prompts.window import Tokenize

#: Of the text before the cursor, how much says what the author is about, in code points: the
#: statement and the few before it; and how much is the statement's own.
_NEAR, _NEARER = 600, 80
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W_A-Z]+")
_MEMBER = re.compile(r"\.[ \t]*([^\W\d]\w*)")
_SEPARATOR = ", "
#: What a prompt shows of a file before and behind a hole, about, in code points.
_SHOWN = (1_300, 400)
#: Parameters in a hint at most. A small model that is shown twenty gives all of them (seen at the
#: sites of ``benchmarks.dotprompts``); the author's is mostly among the first.
_PARAMETERS = 8


def member_line(
    names: NameSet,
    before: str,
    behind: str,
    budget: int,
    tokenize: Tokenize,
    *,
    own: bool = False,
    fitting: Collection[str] = (),
) -> str:
    """The members of a receiver; without ``#``, ``""`` where nothing of use is known.

    ``before`` and ``behind`` are the file on both sides of the hole: they say which come first,
    behind those that are known to be ``fitting``. ``budget`` is in tokens. ``own`` says that the
    code is the class's own: it uses private names as often as public ones.
    """
    if not names.receiver_type:
        return ""
    likely = ranked(names.names, before, behind, own=own)
    likely.sort(key=lambda name: name not in fitting)
    return _listed(f"{names.receiver_type}: ", likely, "", budget, tokenize)


def acquaintances(names: NameSet, before: str, behind: str) -> int:
    """How many members of a class are used within what a prompt shows of both sides of the hole; 0
    for a module, of which a file uses what it needs, here one thing and there another."""
    if names.module is not None:
        return 0
    used = {*_MEMBER.findall(before[-_SHOWN[0] :]), *_MEMBER.findall(behind[: _SHOWN[1]])}
    return sum(name.name in used for name in names.names)


def import_line(names: NameSet, budget: int, tokenize: Tokenize) -> str:
    """The names that the file reads and that still lack their import, of those that could be meant
    here; ``""`` where there are none."""
    head = f"{names.receiver_type or 'import'}: "
    return _listed(head, names.wanted, "", budget, tokenize)


def call_line(names: NameSet, budget: int, tokenize: Tokenize) -> str:
    """The parameters that a call can still be given, the first of them in their order; ``""`` where
    not all that may be called is known."""
    arity = names.arity
    if arity is None or not arity.closed or not arity.signatures or not names.receiver_type:
        return ""
    given = arity.given
    left = [
        parameter
        for parameter in _after(arity.signatures[0], given.positional)
        if parameter.name not in given.keywords
    ]
    return _listed(
        f"{names.receiver_type}(", map(_spelled, left[:_PARAMETERS]), ")", budget, tokenize
    )


def ranked(names: Iterable[Name], before: str, behind: str = "", *, own: bool = False) -> list[str]:
    """Public names (with ``own`` private ones too, and those that the file uses), the likeliest
    first: those that the file uses as a member, and that share a word with the text around.

    Of equals, constants last, those of the module that most of the type comes from first (its own
    members, not what it inherits), then by name, so that the order does not change from key to
    key. Measured on development packages: 173 of 193 authors' names are among the first 80 tokens
    (163 by shared words alone), at place 3 in the mean (5).
    """
    used = {*_MEMBER.findall(before), *_MEMBER.findall(behind)}
    near, nearer = _words(before[-_NEAR:]), _words(before[-_NEARER:])
    hidden = "__" if own else "_"
    shown = [
        name
        for name in names
        if not name.name.startswith(hidden)
        or (name.name in used and not name.name.startswith("__"))
    ]
    home = _commonest([name.origin for name in shown])

    def rank(name: Name) -> tuple[int, bool, bool, str]:
        words = _words(name.name)
        signs = (name.name in used) + bool(words & near) + bool(words & nearer)
        return -signs, name.name.isupper(), name.origin != home, name.name

    return [name.name for name in sorted(shown, key=rank)]


def _listed(head: str, names: Iterable[str], tail: str, budget: int, tokenize: Tokenize) -> str:
    room = budget - len(tokenize(head + tail))
    chosen: list[str] = []
    for name in names:
        room -= len(tokenize(name + _SEPARATOR))
        if room < 0:
            break
        chosen.append(name)
    return head + _SEPARATOR.join(chosen) + tail if chosen else ""


def _after(signature: Signature, positional: int) -> list[Parameter]:
    filled = {parameter.name for parameter in signature.positional[:positional]}
    return [parameter for parameter in signature.parameters if parameter.name not in filled]


def _spelled(parameter: Parameter) -> str:
    stars = {ParameterKind.VAR_POSITIONAL: "*", ParameterKind.VAR_KEYWORD: "**"}
    return stars.get(parameter.kind, "") + parameter.name


def _words(text: str) -> set[str]:
    """The words that names are made of: ``readLine`` and ``read_line`` are both two."""
    return {word.lower() for word in _WORD.findall(text) if len(word) > 2}


def _commonest(origins: list[str]) -> str:
    return max(sorted(set(origins)), key=origins.count, default="")
