"""From a receiver to a name set: all its union members' names, and the weakest tier that a rule
leaves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from analysis.names import CALLS, Arguments, Name, NameSet, Tier, arity_of
from analysis.semantics.receiver import Callee, Receiver
from analysis.semantics.rules import RULES
from analysis.semantics.rules.mixin import unexplained

_ORDER = {Tier.ABSTAIN: 0, Tier.OPEN: 1, Tier.CLOSED: 2}
#: A receiver of more classes than this is described by the first of them.
_SHOWN = 4


def judge(monitor: str, receiver: Receiver, looked_at: str) -> NameSet:
    """The answer for ``receiver``."""
    tier, reason = Tier.CLOSED, "every type of the receiver is known"
    for rule in RULES:
        doubt = rule.doubt(receiver)
        if doubt is not None and _ORDER[doubt.tier] < _ORDER[tier]:
            tier, reason = doubt.tier, doubt.reason
    if tier is Tier.ABSTAIN:
        return NameSet(monitor, tier, reason, (), _described(receiver), looked_at)
    names: dict[str, Name] = {}
    for member in receiver.members:
        for name, (kind, origin) in member.names.items():
            names.setdefault(name, Name(name, kind, origin=origin))
    for name in receiver.stored:
        names.setdefault(name, Name(name, "instance", origin="file"))
    seen: Collection[str] = receiver.witnesses
    if tier is Tier.CLOSED and receiver.text in ("self", "cls"):
        # Where all of a class is known, reading ``self.x`` twice does not make it true.
        seen = () if receiver.made else unexplained(receiver)
    for name in (*seen, *receiver.asked):
        names.setdefault(name, Name(name, "", origin="witness"))
    ranked = sorted(
        names.values(),
        key=lambda n: (n.name.startswith("__"), n.name.startswith("_"), n.name.lower()),
    )
    return NameSet(monitor, tier, reason, tuple(ranked), _described(receiver), looked_at)


def judge_call(
    monitor: str,
    callees: list[Callee],
    doubt: str,
    used: frozenset[str],
    text: str,
    given: Arguments,
    looked_at: str,
) -> NameSet:
    """The keywords of a call whose callee has the text ``text`` and the values ``callees``.

    ``doubt`` says why something else may be called, ``""`` where nothing may. ``used`` are keywords
    that the same text is called with elsewhere in the file, ``given`` what the call holds before
    the hole.
    """
    if not callees:
        return NameSet.abstain(monitor, f"nothing is known about {text or 'the callee'}")
    names: dict[str, Name] = {}
    for callee in callees:
        doubt = doubt or (callee.doubt and f"{callee.label}: {callee.doubt}")
    arity = arity_of(
        list(dict.fromkeys(s for callee in callees for s in callee.signatures)),
        given,
        closed=not doubt,
        reason=doubt or "every signature of the callee is known",
    )
    for callee in callees:
        for signature in callee.signatures:
            if signature.any_keyword:
                doubt = doubt or f"{callee.label}: it takes any keyword"
            for keyword in signature.keywords:
                names.setdefault(keyword, Name(keyword, "keyword", origin=callee.module))
        if not any(signature.keywords for signature in callee.signatures):
            doubt = doubt or f"{callee.label}: it takes nothing by keyword"
    for keyword in sorted(used):
        names.setdefault(keyword, Name(keyword, "keyword", origin="witness"))
    label = " | ".join(dict.fromkeys(callee.label for callee in callees[:_SHOWN]))
    if not names:
        doubt = doubt or "it takes nothing by keyword"
        return NameSet(monitor, Tier.ABSTAIN, doubt, (), label, looked_at, arity)
    return NameSet(
        monitor,
        Tier.OPEN if doubt else Tier.CLOSED,
        doubt or "every parameter of the callee is known",
        tuple(names.values()),
        label,
        looked_at,
        arity,
    )


def argument(keywords: NameSet, bare: NameSet) -> NameSet:
    """What an argument may begin with: a keyword of what is called, or a name of the scopes."""
    arity = keywords.arity
    known = keywords.tier is Tier.CLOSED or (
        arity is not None and arity.closed and not any(s.any_keyword for s in arity.signatures)
    )
    tier, reason = bare.tier, bare.reason
    if arity is not None and arity.uncallable:
        tier, reason = Tier.OPEN, keywords.reason
    elif tier is Tier.CLOSED:
        reason = "every keyword of the callee, every name in scope, and the builtins"
        if not known:
            tier, reason = Tier.OPEN, f"a keyword may follow: {keywords.reason}"
    taken = keywords.spellings()
    names = (*keywords.names, *(name for name in bare.names if name.name not in taken))
    return replace(keywords, tier=tier, reason=reason, names=names, unassigned=bare.unassigned)


def value(taken: NameSet, bare: NameSet) -> NameSet:
    """What may be written as an argument whose parameter takes ``taken``: names of the file."""
    seen = (n for n in bare.names if n.origin != "builtins")
    names = tuple(n for n in seen if not n.name.startswith("__"))
    sure = taken.accepted is not None and bare.tier is Tier.CLOSED
    builtin = (n.name for n in bare.names if sure and n.origin == "builtins" and n.name in CALLS)
    accepted = taken.accepted and replace(taken.accepted, builtin=tuple(builtin))
    return replace(taken, names=names, unassigned=bare.unassigned, accepted=accepted)


def _described(receiver: Receiver) -> str:
    labels = list(
        dict.fromkeys(_label(member.kind.value, member.label) for member in receiver.members)
    )
    if receiver.nulls:
        labels.append("None")
    return " | ".join(filter(None, labels[:_SHOWN]))


def _label(kind: str, label: str) -> str:
    if kind == "class":
        return f"type[{label}]"
    return f"module {label}" if kind == "module" else label
