"""Models from Hugging Face, through ``huggingface_hub``.

The hub is first asked about the file, for :data:`PATIENCE` seconds, names resolved and all: a
machine without a route to it goes on to the next source and does not hang. No token is sent; the
models of the manifest are public.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from decoding.errors import CancelledError
from decoding.models.store import NO_ROOM, HubFile, Model, Report, SourceUnavailable, need_room

TITLE = "Hugging Face"
#: Seconds to wait for the first answer.
PATIENCE = 5.0


def fetch(source: HubFile, model: Model, partial: Path, report: Report) -> Path:
    """Download ``source`` into ``partial``, going on where an earlier call stopped.

    Returns the file, whose hash is not checked yet. Raises
    :class:`~decoding.models.store.SourceUnavailable` when the hub does not answer in time, has
    other bytes or breaks off, and ``OSError`` when the disk is full.
    """
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get

    report(f"asking {TITLE}", 0, model.size)
    revision = _ask(source, model)
    data = partial / "hub"
    with data.open("r+b" if data.exists() else "w+b") as stream:
        have = stream.seek(0, os.SEEK_END)
        if have > model.size:
            have = stream.truncate(0)
            stream.seek(0)
        need_room(partial, model.size - have)
        try:
            http_get(
                hf_hub_url(source.repository, source.file, revision=revision),
                stream,
                resume_size=have,
                expected_size=model.size,
                tqdm_class=_reporting(report, model.size),
            )
        except CancelledError:
            raise
        except Exception as error:
            # Whatever its client raised, the next source is tried.
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                raise
            raise SourceUnavailable(TITLE, _said(error)) from None
    return data


def _ask(source: HubFile, model: Model) -> str:
    """The revision to download, when the hub answers in time and has the right file."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(source.repository, source.file, revision=source.revision)
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(get_hf_file_metadata(url, token=False, timeout=PATIENCE))
        except Exception as error:  # noqa: BLE001 - carried to the thread that waits
            answers.append(error)

    # In a thread, since looking up a name has no time limit of its own.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    if not answers:
        raise SourceUnavailable(TITLE, f"no answer within {PATIENCE:.0f} seconds")
    answer = answers[0]
    if isinstance(answer, Exception):
        raise SourceUnavailable(TITLE, _said(answer))
    # Of large files the hub's tag is their SHA-256.
    other = answer.etag and len(answer.etag) == len(model.sha256) and answer.etag != model.sha256
    if other or (answer.size is not None and answer.size != model.size):
        raise SourceUnavailable(TITLE, "it now has different content under this name")
    return answer.commit_hash or source.revision


def _reporting(report: Report, total: int) -> Any:
    """The class of a progress bar, as the client wants it, that tells ``report``."""

    class Bar:
        def __init__(self, *_: object, initial: int = 0, **__: object) -> None:
            self.done = initial

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, amount: float | None = 1) -> None:
            self.done += int(amount or 0)
            report(TITLE, self.done, total)

    return Bar


def _said(error: Exception) -> str:
    """The first line of an error, which may go on with hints for the client's own users."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
