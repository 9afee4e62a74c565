"""The facts of a file as the overlay in force shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from analysis.graph.extraction.extract import extract
from analysis.graph.facts.file import pack
from analysis.text.files import MAX_FILE_BYTES, decode_source
from analysis.text.overlay import files
from analysis.text.positions import TextError

#: What the hash of a content that cannot be read as source begins with.
UNREADABLE = "!"
#: Source longer than this is data that was written by a program: its names are not looked up.
_LONGEST = 8 * 1024 * 1024


class Read(msgspec.Struct, array_like=True, frozen=True):
    """What reading a file gave: its content hash and packed facts (``b""`` where known).

    ``problem`` says why it could not be read, or is ``""``.
    """

    digest: str
    interface: bytes
    sites: bytes
    problem: str


def read_facts(path: str, known: Callable[[str], bool] = lambda digest: False) -> Read:
    """The facts of the file at ``path``; one that cannot be read has none and a ``problem``."""
    view = files()
    try:
        content = view.buffer(path)
        if content is None and Path(path).stat().st_size > min(_LONGEST, MAX_FILE_BYTES):
            raise TextError(f"the file is larger than {_LONGEST >> 20} MiB", where=path)
        data, digest = view.read(path)
        if known(digest):
            return Read(digest, b"", b"", "")
        facts = extract(content.text if content else decode_source(data, path).text)
        return Read(digest, pack(facts.interface), pack(facts.sites), "")
    except (OSError, TextError) as error:
        what = error.what if isinstance(error, TextError) else str(error.strerror)
    except RecursionError:
        what = "the code is nested too deeply"
    except Exception as error:  # noqa: BLE001 - a defect of ours costs this file, not the project
        what = f"internal error ({error!r}); please report it"
    facts = extract("")
    return Read(UNREADABLE + view.digest(path), pack(facts.interface), pack(facts.sites), what)
