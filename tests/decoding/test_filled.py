"""What a completion says of what the loop wrote."""

from __future__ import annotations

import time

from analysis.snapshot import Snapshot, Workspace
from decoding.guidance.text_around import CursorSite
from decoding.writer import InfillRequest, Timing, TokenSpan, Written, filled


def test_the_time_in_all_counts_from_the_request_on() -> None:
    text = "import os\nos.\n"
    offset = len(text) - 1
    request = InfillRequest(Snapshot("/x.py", text, Workspace("/")), offset)
    written = Written("path", (1,), (TokenSpan(0, 4, -0.5),), timing=Timing(30.0, 10.0, 20.0, 1.0))
    # A hint was waited for before anything was written.
    done = filled("toy", CursorSite.at(text, offset), request, written, time.monotonic() - 0.25)
    assert done.text == "path"
    assert 250 <= done.ms.total < 10_000
    assert (done.ms.prefill, done.ms.decode, done.ms.analysis) == (10.0, 20.0, 1.0)
