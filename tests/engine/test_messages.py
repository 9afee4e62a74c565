"""Every message survives the wire, whatever is in it."""

from __future__ import annotations

import dataclasses
import importlib
import io
import pkgutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import wire
from engine import messages
from engine.messages import REGISTRY, Request

#: Options come from an editor as JSON; floats are left to the fields that are declared so.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
# Lone surrogates are no text: documents are decoded before they become snapshots.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
st.register_type_strategy(str, TEXT)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
for kind in (messages.ConfigureRequest, messages.TraceAnswer):
    st.register_type_strategy(kind, st.builds(kind, st.dictionaries(TEXT, JSON)))


@pytest.mark.parametrize("name", sorted(REGISTRY))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_message_survives_the_wire(name: str, data: st.DataObject) -> None:
    body = data.draw(st.from_type(REGISTRY[name]))
    stream = io.BytesIO()
    wire.write(stream, 7, body)
    stream.seek(0)
    assert wire.read(stream, REGISTRY) == wire.Message(7, body)
    assert wire.read(stream, REGISTRY) is None


def test_every_message_is_registered() -> None:
    parts = {"FasterPatch", "RankedPatch", "Request"}
    defined = {
        name
        for module in pkgutil.iter_modules(messages.__path__, f"{messages.__name__}.")
        for name, value in vars(importlib.import_module(module.name)).items()
        if dataclasses.is_dataclass(value) and getattr(value, "__module__", "") == module.name
    }
    assert defined - parts == set(REGISTRY)


def test_requests_are_frozen() -> None:
    for kind in REGISTRY.values():
        assert kind.__dataclass_params__.frozen
        assert not issubclass(kind, Request) or hasattr(kind, "repeatable")
