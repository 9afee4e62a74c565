"""The user's decision to trust a folder, or to take that back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.request import Caller, Done, Lane, Request, Route

if TYPE_CHECKING:
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class TrustRequest(Request[Done]):
    """Remember that the user trusts the folder ``root``, or takes it back."""

    root: str
    trusted: bool = True


def _run(request: TrustRequest, context: Context, caller: Caller) -> Done:
    """Remember it in the user's configuration folder, where a workspace cannot write."""
    from engine.trust import distrust, trust

    del context, caller
    if request.trusted:
        trust(Path(request.root))
    else:
        distrust(Path(request.root))
    return Done()


ROUTE = Route(TrustRequest, Done, _run, Lane.FORWARD)
