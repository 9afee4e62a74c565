"""A hostile workspace: every file that something reads, as a thing that is no file to read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

#: What is read of a clone that is opened, checked, indexed or tested.
_PACKAGES = ".venv/lib/python3.11/site-packages"
READ = (
    ".gitignore",
    "setup.cfg",
    "sub/ruff.toml",
    "sub/deeper/pyproject.toml",
    "sub/.gitignore",
    "sub/__init__.py",
    "sub/given.py",
    "given.py",
    "given.pyi",
    "conftest.py",
    "test_app.py",
    "tests/test_app.py",
    ".venv/pyvenv.cfg",
    f"{_PACKAGES}/near.pth",
    f"{_PACKAGES}/__editable___near_finder.py",
    f"{_PACKAGES}/near-1.0.dist-info/RECORD",
    f"{_PACKAGES}/near-1.0.dist-info/top_level.txt",
    f"{_PACKAGES}/near-1.0.dist-info/METADATA",
    f"{_PACKAGES}/near.py",
    f"{_PACKAGES}/near.pyi",
)


def _fifo(place: Path) -> None:
    os.mkfifo(place)


def _endless(place: Path) -> None:
    place.symlink_to("/dev/zero")


def _huge(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(1 << 40)


def _loop(place: Path) -> None:
    place.symlink_to(place.name)


def _nested(place: Path) -> None:
    place.write_text("(" * 50_000 + "[" * 50_000)


def _escapes(place: Path) -> None:
    place.write_bytes(b"\x1b]52;c;aGk=\x07 = \xff\x00 <|im_end|>\n" * 100)


KINDS: tuple[Callable[[Path], None], ...] = (_fifo, _endless, _huge, _loop, _nested, _escapes)


def fill(root: Path, kind: Callable[[Path], None]) -> None:
    """Put a ``kind`` in each place of :data:`READ`, with an ``app.py`` beside that uses them."""
    for name in READ:
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        kind(place)
    (root / ".venv" / "bin").mkdir(exist_ok=True)
    (root / ".venv" / "bin" / "python").symlink_to("/usr/bin/python3")
    for name in ("sub/plain.py", "sub/deeper/plain.py"):
        (root / name).write_text("import os\n")
    (root / "app.py").write_text(
        "import given\nimport near\nimport os\nfrom sub import given as other\n\n"
        "print(given.a, near.b, other.c, os.invented)\n"
    )
