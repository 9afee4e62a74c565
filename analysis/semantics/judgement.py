"""From a receiver to a name set: all its arms' names, and the weakest tier that a rule leaves."""

from __future__ import annotations

from analysis.names import Name, NameSet, Tier
from analysis.semantics.receiver import Receiver
from analysis.semantics.rules import RULES

_ORDER = {Tier.ABSTAIN: 0, Tier.OPEN: 1, Tier.CLOSED: 2}
#: A receiver of more classes than this is described by the first of them.
_SHOWN = 4


def judge(monitor: str, receiver: Receiver, looked_at: str) -> NameSet:
    """The answer for ``receiver``."""
    tier, reason = Tier.CLOSED, "every value of the receiver is known"
    for rule in RULES:
        doubt = rule.doubt(receiver)
        if doubt is not None and _ORDER[doubt.tier] < _ORDER[tier]:
            tier, reason = doubt.tier, doubt.reason
    if tier is Tier.ABSTAIN:
        return NameSet(monitor, tier, reason, (), _described(receiver), looked_at)
    names: dict[str, Name] = {}
    for arm in receiver.arms:
        for name, (kind, origin) in arm.names.items():
            names.setdefault(name, Name(name, kind, origin=origin))
    for name in receiver.stored:
        names.setdefault(name, Name(name, "instance", origin="file"))
    for name in receiver.witnesses:
        names.setdefault(name, Name(name, "", origin="witness"))
    ranked = sorted(
        names.values(),
        key=lambda n: (n.name.startswith("__"), n.name.startswith("_"), n.name.lower()),
    )
    return NameSet(monitor, tier, reason, tuple(ranked), _described(receiver), looked_at)


def _described(receiver: Receiver) -> str:
    labels = list(dict.fromkeys(_label(arm.kind.value, arm.label) for arm in receiver.arms))
    if receiver.nulls:
        labels.append("None")
    return " | ".join(filter(None, labels[:_SHOWN]))


def _label(kind: str, label: str) -> str:
    if kind == "class":
        return f"type[{label}]"
    return f"module {label}" if kind == "module" else label
