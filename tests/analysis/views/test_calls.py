"""Who calls whom in a file, and how that was told."""

from __future__ import annotations

import pytest

from analysis.views.program import parse_program


def _calls(source: str) -> set[tuple[str, str, str]]:
    program = parse_program(source, "b.py")
    name = [flow.graph.name for flow in program.flows]
    return {
        (name[call.caller], name[call.callee] if call.callee >= 0 else call.external, call.how)
        for call in program.calls
    }


CLASSES = """
import os.path as paths
from .near import helper as aid

class Base:
    def __init__(self): self.start()
    def start(self): paths.join()
    @staticmethod
    def make(self): self.start()

class Child(Base):
    def start(self):
        super().start()
        aid()
        return [self.only_here() for _ in ()]
    def only_here(self): pass

def run(thing):
    child = Child()
    child.start()
    alias = run
    alias(thing)
    thing.only_here()
    Base.make(child)
    (lambda: child.only_here())()
"""


@pytest.mark.parametrize(
    ("caller", "callee", "how"),
    [
        ("Base.__init__", "Base.start", "exact"),
        ("Base.start", "os.path.join", "exact"),
        ("Child.start", "Base.start", "exact"),
        ("Child.start", ".near.helper", "exact"),
        ("Child.start", "Child.only_here", "exact"),
        ("run", "Base.__init__", "exact"),
        ("run", "Child.start", "exact"),
        ("run", "run", "exact"),
        ("run", "Child.only_here", "by name"),
        ("run", "Child.only_here", "exact"),
        ("run", "Base.make", "exact"),
    ],
)
def test_a_call_is_told(caller: str, callee: str, how: str) -> None:
    assert (caller, callee, how) in _calls(CLASSES)


def test_nothing_else_is_told() -> None:
    assert len(_calls(CLASSES)) == 11


def test_a_name_that_was_bound_twice_may_be_either() -> None:
    source = "if a:\n    def f(): pass\nelse:\n    from b import f\nf()\n"
    assert {callee for _, callee, _ in _calls(source)} == {"f", "b.f"}


def test_a_definition_that_was_overwritten_is_not_called() -> None:
    source = "def f(): pass\nf = f()\nf()\n"
    assert _calls(source) == {("<module>", "f", "exact")}


def test_decorators_and_class_bodies_call() -> None:
    source = "def deco(f): return f\n@deco\ndef g(): pass\nclass C:\n    x = g()\n"
    assert _calls(source) == {("<module>", "deco", "exact"), ("C", "g", "exact")}
