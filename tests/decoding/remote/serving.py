"""A relay in front of a real server that breaks connections on demand."""

from __future__ import annotations

import contextlib
import socket
import threading

from benchmarks.llama_server import free_port


class Relay:
    """Passes connections on to ``target``, as a network would that fails on demand.

    ``refusals`` connections to ``/completion`` are answered with 503, and ``cuts`` of its answers
    break off behind ``after`` bytes.
    """

    def __init__(self, target: int) -> None:
        self.target, self.port = target, free_port()
        self.refusals, self.cuts, self.after = 0, 0, 1200
        self.completions = 0
        self._closed = False
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept nothing more."""
        self._closed = True
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            with contextlib.suppress(OSError):
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            while request := _message(client):
                completing = request.startswith(b"POST /completion")
                self.completions += completing
                if completing and self.refusals:
                    self.refusals -= 1
                    client.sendall(
                        b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
                    )
                    return
                room = -1
                if completing and self.cuts:
                    self.cuts -= 1
                    room = self.after
                with socket.create_connection(("127.0.0.1", self.target)) as server:
                    server.sendall(
                        request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
                    )
                    while data := server.recv(256):
                        client.sendall(data if room < 0 else data[:room])
                        room -= min(len(data), room) if room > 0 else 0
                        if room == 0:
                            return
                    return


def _message(client: socket.socket) -> bytes:
    """One request: its head and as much body as the head says."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    wanted = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            wanted = int(line.split(b":")[1])
    while len(body) < wanted:
        body += client.recv(65536)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
