from __future__ import annotations

import os
from collections.abc import Iterator
from io import FileIO

import pytest

from lsp_server.stdio import BrokenStreamError, FrameReader, FrameWriter

pytestmark = pytest.mark.process


@pytest.fixture
def pipe() -> Iterator[tuple[FileIO, FileIO]]:
    read, write = os.pipe()
    with FileIO(read, "rb") as reader, FileIO(write, "wb") as writer:
        yield reader, writer


def test_frames_come_out_as_they_went_in(pipe: tuple[FileIO, FileIO]) -> None:
    reader, writer = pipe
    bodies = [b"", b"{}", "é🎈".encode(), b"\r\n\r\nContent-Length: 3\r\n\r\n", b"x" * 30_000]
    out = FrameWriter(writer)
    for body in bodies:
        out.write(body)
    frames = FrameReader(reader)
    assert [frames.read() for _ in bodies] == bodies
    out.close()
    writer.close()
    assert frames.read() is None


def test_headers_may_come_in_any_case_order_and_in_pieces(pipe: tuple[FileIO, FileIO]) -> None:
    reader, writer = pipe
    writer.write(b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-LENGTH:  2")
    writer.write(b"\r\n\r")
    writer.write(b"\n{}")
    assert FrameReader(reader).read() == b"{}"


@pytest.mark.parametrize(
    "header",
    [
        b"\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 1e3\r\n\r\n",
        b"Content-Length: 99999999999\r\n\r\n",
        b"Content-Type: text/html\r\n\r\n",
        b"x" * 9000,
    ],
)
def test_other_protocols_are_refused(pipe: tuple[FileIO, FileIO], header: bytes) -> None:
    reader, writer = pipe
    writer.write(header)
    with pytest.raises(BrokenStreamError):
        FrameReader(reader).read()


def test_a_stream_that_ends_inside_a_frame_has_ended(pipe: tuple[FileIO, FileIO]) -> None:
    reader, writer = pipe
    writer.write(b"Content-Length: 10\r\n\r\n{")
    writer.close()
    assert FrameReader(reader).read() is None


def test_a_client_that_is_gone_does_not_stop_the_writer(pipe: tuple[FileIO, FileIO]) -> None:
    reader, writer = pipe
    reader.close()
    out = FrameWriter(writer)
    out.write(b"{}")
    out.close()
