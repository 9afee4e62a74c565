"""How a failure inside a feature looks to the client: one request fails alone, with a reason.

Codes are those of the protocol (3.17, *ResponseError*). No failure holds source text: what is not
expected is reported by its type and its place in Pilotfish's own code (invariants 7 and 10).
"""

from __future__ import annotations

import asyncio
import traceback
from importlib.metadata import version
from typing import Any

from lsprotocol.types import ResponseError
from pygls.exceptions import JsonRpcException

from engine.client import ExplainedError, RequestFailedError

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
REQUEST_FAILED = -32803
SERVER_CANCELLED = -32802
CONTENT_MODIFIED = -32801
REQUEST_CANCELLED = -32800


class FeatureError(Exception):
    """A feature ends with this error of the protocol. ``data`` is JSON for the client."""

    def __init__(self, code: int, text: str, data: Any = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.data = data


def not_open(uri: str) -> FeatureError:
    """A request named a document that is not open."""
    return FeatureError(INVALID_PARAMS, f"the document is not open: {uri}")


def superseded(what: str = "a newer request took its place") -> FeatureError:
    """The answer would be about something that is no longer so."""
    return FeatureError(CONTENT_MODIFIED, what)


def response_error(error: BaseException) -> ResponseError:
    """The error to answer a request with."""
    if isinstance(error, asyncio.CancelledError):
        return ResponseError(REQUEST_CANCELLED, "the request was cancelled")
    if isinstance(error, FeatureError):
        return ResponseError(error.code, error.text, error.data)
    if isinstance(error, RequestFailedError) and error.kind == "cancelled":
        return ResponseError(REQUEST_CANCELLED, "the request was cancelled")
    if isinstance(error, ExplainedError):
        return ResponseError(REQUEST_FAILED, str(error))
    if isinstance(error, JsonRpcException):
        return ResponseError(error.code, error.message, error.data)
    return ResponseError(INTERNAL_ERROR, bug_line(error))


def bug_line(error: BaseException) -> str:
    """The line that a maintainer needs of an error that should not have happened."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name} ({frames[-1].filename}:{frames[-1].lineno})" if frames else "?"
    return (
        f"internal error in pilotfish {version('pilotfish')}, please report it: "
        f"{type(error).__name__} in {place}"
    )


def failure_text(error: BaseException) -> str:
    """What to tell a person of an error that no request is waiting for."""
    return response_error(error).message
