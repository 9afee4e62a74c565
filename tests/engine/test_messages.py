"""Every message survives the wire, whatever is in it."""

from __future__ import annotations

import importlib
import io
import pkgutil
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import children
from analysis.errors import AnalysisError
from engine import features
from engine.features import MESSAGES, ROUTES
from engine.request import Failure, Request

# With halves of surrogate pairs: a name of a file may hold them, and what an editor says.
TEXT = st.text(st.characters(exclude_categories=[]))
#: Options come from an editor as JSON; floats are left to the fields that are declared so.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)
st.register_type_strategy(str, TEXT)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
OBJECT = st.dictionaries(TEXT, JSON)
#: Fields whose types leave open what they hold.
OPEN = {dict[str, Any]: OBJECT, tuple[dict[str, Any], ...]: st.lists(OBJECT).map(tuple)}
for kind in MESSAGES.values():
    open_fields = {n: OPEN[hint] for n, hint in get_type_hints(kind).items() if hint in OPEN}
    if open_fields:
        st.register_type_strategy(kind, st.builds(kind, **open_fields))


@pytest.mark.parametrize("name", sorted(MESSAGES))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_message_survives_the_wire(name: str, data: st.DataObject) -> None:
    body = data.draw(st.from_type(MESSAGES[name]))
    stream = io.BytesIO()
    children.write(stream, 7, body)
    stream.seek(0)
    assert children.read(stream, MESSAGES) == children.Message(7, body)
    assert children.read(stream, MESSAGES) is None


def test_a_message_that_is_too_large_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MAX_FRAME_BYTES", 1000)
    stream = io.BytesIO()
    with pytest.raises(AnalysisError, match="too large"):
        children.write(stream, 1, Failure("bug", "x" * 1000))
    children.write(stream, 2, Failure("bug", "x" * 100))
    stream.seek(0)
    assert children.read(stream, MESSAGES) == children.Message(2, Failure("bug", "x" * 100))


@pytest.mark.parametrize("value", [Path("x"), [Path("x")], {Path("x"): 1}, 1j, object()])
def test_a_message_that_holds_what_no_frame_does_is_not_begun(value: Any) -> None:
    stream = io.BytesIO()
    for text in ("x", "\ud800"):
        with pytest.raises(AnalysisError, match="Failure cannot be sent"):
            children.write(stream, 1, Failure("bug", text, value))
    assert not stream.getvalue()


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"{}", b'"\\ud83d"', b'{"id":1,"type":"\\ud83d"}', b'{"\\ud83d":1}', b"[" * 10**5],
)
def test_what_is_no_message_is_explained(payload: bytes) -> None:
    with pytest.raises(AnalysisError):
        children.read(io.BytesIO(len(payload).to_bytes(4, "big") + payload), MESSAGES)


def test_every_request_is_a_feature() -> None:
    defined = {
        value
        for module in pkgutil.iter_modules(features.__path__, f"{features.__name__}.")
        for value in vars(importlib.import_module(module.name)).values()
        if isinstance(value, type) and issubclass(value, Request) and value is not Request
    }
    assert defined == set(ROUTES)


def test_a_route_names_the_answer_of_its_request() -> None:
    for request, route in ROUTES.items():
        assert get_args(vars(request)["__orig_bases__"][0]) == (route.answer,)


def test_requests_are_frozen() -> None:
    for kind in MESSAGES.values():
        assert kind.__dataclass_params__.frozen
        assert not issubclass(kind, Request) or hasattr(kind, "repeatable")
