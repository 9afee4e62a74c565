"""Buffers over the disk, answers that hold as long as what they were read from, texts sent once."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import children
from analysis.errors import AnalysisError
from analysis.lint.query import LintQuery
from analysis.snapshot import Snapshot, Workspace
from analysis.text import overlay
from analysis.text.document import Encoding, units
from analysis.text.overlay import Buffer, Content, Overlay, Reads

NAMES = ("a.py", "b.py", "d/c.py")
TEXTS = ("x", "y", "zz", "")


@dataclass(frozen=True, slots=True)
class Said:
    buffers: tuple[Buffer, ...]


def _everything(root: Path) -> dict[str, object]:
    seen: dict[str, object] = {}
    for name in NAMES:
        path = str(root / name)
        try:
            seen[name] = overlay.read(path)
        except OSError:
            seen[name] = None
        seen["is " + name] = overlay.is_file(path)
    seen["folders"] = (overlay.listing(str(root)).names, overlay.listing(str(root / "d")).names)
    return seen


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("write", "remove", "type", "close", "touch")),
            st.sampled_from(NAMES),
            st.sampled_from(TEXTS),
        ),
        max_size=12,
    )
)
def test_reads_hold_exactly_while_the_same_is_seen(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, str]]
) -> None:
    root = tmp_path_factory.mktemp("files")
    (root / "d").mkdir()
    disk: dict[str, str] = {}
    typed: dict[str, str] = {}

    def look() -> Overlay:
        return Overlay(Buffer(str(root / n), Content(t)) for n, t in typed.items())

    with overlay.looking_through(look()), overlay.noting(reads := Reads()):
        before = _everything(root)
    for step, name, text in steps:
        if step == "write":
            disk[name] = text
            (root / name).write_text(text)
        elif step == "remove":
            disk.pop(name, None)
            (root / name).unlink(missing_ok=True)
        elif step == "touch" and name in disk:
            os.utime(root / name, ns=(0, 0))
        elif step == "type":
            typed[name] = text
        elif step == "close":
            typed.pop(name, None)
        view = look()
        holds = reads.hold(view)
        with overlay.looking_through(view), overlay.noting(now := Reads()):
            seen = _everything(root)
        for each in NAMES:
            text_now = typed.get(each, disk.get(each))
            assert seen[each] == (
                None if text_now is None else (text_now.encode(), Content(text_now).digest)
            )
            assert seen["is " + each] == (text_now is not None)
        assert holds == (seen == before)
        reads, before = now, seen


def test_what_was_not_looked_at_for_lack_of_time_never_holds(tmp_path: Path) -> None:
    snapshot = Snapshot(str(tmp_path / "a.py"), "x", Workspace(str(tmp_path)))
    late = LintQuery(snapshot).unanswered("late").reads
    (all_of_it := Reads()).add(late)
    assert not late.hold(snapshot.overlay())
    assert not all_of_it.hold(snapshot.overlay())


def test_a_content_travels_once_until_it_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MAX_KNOWN_BYTES", 2500)
    stream, sent, received = io.BytesIO(), children.Sent(), children.Received()
    texts = [str(n) * 1000 for n in range(5)]

    def send(*numbers: int) -> int:
        said = Said(tuple(Buffer(f"/{n}.py", Content(texts[n])) for n in numbers))
        start = stream.seek(0, 2)
        children.write(stream, 7, said, sent)
        size = stream.tell() - start
        stream.seek(start)
        assert children.read(stream, {"Said": Said}, received) == children.Message(7, said)
        return size

    assert send(0, 1) > 2000
    assert send(0, 1) < 500
    assert 1000 < send(1, 2) < 2000
    assert send(1, 2) < 500
    assert 1000 < send(0, 1, 2) < 2000  # which was forgotten meanwhile
    assert send(0, 1, 2, 3, 4) > 2000  # more than is kept, in one message
    assert send(0, 1, 2, 3, 4) < 900


def test_what_cannot_be_written_counts_as_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MAX_FRAME_BYTES", 2000)
    stream, sent = io.BytesIO(), children.Sent()
    content = Content("x" * 1000)
    with pytest.raises(AnalysisError):
        children.write(
            stream, 1, Said((Buffer("/a.py", content), Buffer("/b" * 1000, content))), sent
        )
    children.write(stream, 1, Said((Buffer("/a.py", content),)), sent)
    stream.seek(0)
    assert children.read(stream, {"Said": Said}, children.Received()) is not None


@given(st.text(st.characters(exclude_categories=[])), st.sampled_from(Encoding))
def test_halves_of_surrogate_pairs_leave_everything_in_its_place(
    text: str, encoding: Encoding
) -> None:
    snapshot = Snapshot("/a.py", text, Workspace("/"))
    assert snapshot.text == Content(text).text
    snapshot.text.encode()
    assert len(snapshot.text) == len(text)
    for before, after in zip(text, snapshot.text, strict=True):
        assert units(before, encoding) == units(after, encoding)
