"""How the way a test fails points to a kind of mistake: factors on the priors of templates."""

from __future__ import annotations

#: By exception (or ``timeout``), which kinds of template are likelier, and how much. By judgement.
_LIKELIER: dict[str, dict[str, float]] = {
    "AttributeError": {
        "null guard": 4,
        "none check": 2,
        "missing base case": 2,
        "attribute": 2,
        "stale state": 2,
    },
    "TypeError": {
        "null guard": 2,
        "none check": 2,
        "missing call": 1.5,
        "superfluous call": 1.5,
        "missing argument": 2,
        "superfluous argument": 2,
        "missing return": 2,
        "missing await": 2,
        "container": 1.5,
        "missing result": 2,
    },
    "IndexError": {
        "missing handler": 3,
        "off by one": 2,
        "comparison": 2,
        "range": 2,
        "missing base case": 2,
        "null guard": 2,
        "index": 1.5,
    },
    "KeyError": {
        "missing handler": 4,
        "missing guard": 2,
        "accumulation": 3,
        "missing condition": 1.5,
    },
    "ZeroDivisionError": {
        "missing handler": 2,
        "missing base case": 3,
        "missing condition": 2,
        "arithmetic": 1.5,
    },
    "RecursionError": {"missing base case": 4, "comparison": 1.5, "off by one": 2},
    "UnboundLocalError": {"missing self": 2},
    "NameError": {"variable": 2, "missing self": 4, "function": 2},
    "StopIteration": {"missing argument": 3, "missing base case": 2},
    "ValueError": {
        "missing handler": 5,
        "missing base case": 2,
        "missing condition": 1.5,
        "missing argument": 1.5,
    },
    "Failed": {"exception": 2, "comparison": 1.5},
    "timeout": {
        "missing statement": 3,
        "missing step": 4,
        "assignment": 2,
        "comparison": 1.5,
        "off by one": 2,
        "jump": 2,
        "arithmetic": 1.5,
        "missing assignment": 2,
        "statement depth": 2,
        "missing base case": 2,
    },
}


def likelier(symptoms: frozenset[str]) -> dict[str, float]:
    """By how much kinds of template are likelier given the exceptions that failing tests end in;
    those that are not named are as likely as ever."""
    found: dict[str, float] = {}
    for symptom in symptoms:
        for kind, factor in _LIKELIER.get(symptom, {}).items():
            found[kind] = max(factor, found.get(kind, 1.0))
    return found
