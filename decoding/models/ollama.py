"""Ollama's model store, read in place: its GGUF files run in our own engine without a second copy.

The layout, from Ollama's sources (``manifest/paths.go``, ``types/model/name.go``): a manifest at
``manifests/HOST/NAMESPACE/MODEL/TAG`` lists layers by digest, and a layer's bytes are the file
``blobs/sha256-HEX``. Nothing of the store is written to. What a manifest says is not believed: only
digests are taken from it, and a file is loaded after its hash was found right.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.text.files import read_bytes, replace_file
from decoding.errors import ModelFileError
from decoding.models import store
from decoding.models.store import FileState, LocalModel, Report

#: What names of Ollama's models begin with, as in ``--model ollama:qwen2.5-coder:0.5b``.
PREFIX = "ollama:"
_MODEL = "application/vnd.ollama.image.model"
_ADAPTER = "application/vnd.ollama.image.adapter"
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
#: Bytes of a manifest, and manifests that are looked at. Real ones have under 2 KiB.
_LARGEST, _MOST = 1 << 20, 10_000
#: The namespace that Ollama leaves out of a name.
_OWN = "library"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model of the store. ``name`` is what ``--model`` takes; ``path`` is ``None`` where our
    engine cannot run it, and ``reason`` says why."""

    name: str
    full: str
    digest: str = ""
    size: int = 0
    path: Path | None = None
    architecture: str = ""
    reason: str = ""

    @property
    def state(self) -> FileState:
        """What is known about the file, without reading it."""
        try:
            found = self.path.stat() if self.path else None
        except OSError:
            found = None
        if found is None:
            return FileState.ABSENT
        with contextlib.suppress(OSError, ValueError):
            if json.loads(read_bytes(_stamp(self), _LARGEST)) == _facts(self, found):
                return FileState.VERIFIED
        return FileState.UNVERIFIED


def folder() -> Path | None:
    """Where the models are: ``OLLAMA_MODELS``, else the user's store, else that of the system's
    service; ``None`` where there is none."""
    named = os.environ.get("OLLAMA_MODELS")
    service = Path("/usr/share/ollama/.ollama/models")
    places = [Path(named)] if named else [Path.home() / ".ollama" / "models", service]
    for place in places:
        with contextlib.suppress(OSError):
            if (place / "manifests").is_dir():
                return place
    return None


def stored() -> list[StoredModel]:
    """Every model of the store, by name; those that cannot run here say why."""
    root = folder()
    if root is None:
        return []
    manifests = list(_manifests(root))
    short = [_short(parts) for parts, _ in manifests]
    found = []
    for (parts, path), name in zip(manifests, short, strict=True):
        full = f"{'/'.join(parts[:-1])}:{parts[-1]}"
        found.append(_read(root, path, name if short.count(name) == 1 else PREFIX + full, full))
    return sorted(found, key=lambda model: model.name)


def resolve(choice: str, report: Report = store.ignore) -> LocalModel:
    """The file for ``ollama:NAME:TAG``; ``:latest`` may be left out, as in Ollama.

    A file that nobody has hashed is hashed once. Raises
    :class:`~decoding.errors.ModelFileError` when there is no such model, when it is no model of one
    GGUF file, or when its hash is wrong.
    """
    wanted = choice.removeprefix(PREFIX)
    if ":" not in wanted.rpartition("/")[2]:
        wanted += ":latest"
    models = stored()
    found = [m for m in models if f"/{m.full}".endswith(f"/{wanted}")]
    # ``NAME:TAG`` of Ollama's own library comes before that of somebody else.
    found = [m for m in found if m.name == PREFIX + wanted] or found
    if len(found) != 1:
        raise _not_one(choice, wanted, found or models, several=bool(found))
    (model,) = found
    if model.path is None:
        raise ModelFileError(model.reason, where=model.name, help="see pilotfish model list")
    if model.state is not FileState.VERIFIED and not verify(model, report):
        raise ModelFileError(
            f"the file is not {model.name}: its hash is wrong",
            where=str(model.path),
            help=f"ollama pull {wanted}",
        )
    return LocalModel(model.name, model.path)


def verify(model: StoredModel, report: Report = store.ignore) -> bool:
    """Compute the hash of ``model``'s file; whether it is the manifest's. Remembers the answer in
    Pilotfish's own folder.

    Raises :class:`~decoding.errors.ModelFileError` when the file cannot be read.
    """
    assert model.path is not None
    try:
        right = store.sha256(model.path, report) == model.digest
        if right:
            # A folder that cannot be written to works too: files are hashed at every use.
            with contextlib.suppress(OSError):
                _stamp(model).parent.mkdir(parents=True, exist_ok=True)
                facts = json.dumps(_facts(model, model.path.stat()))
                replace_file(_stamp(model), facts.encode())
    except OSError as error:
        raise _unreadable(error, model.path) from None
    return right


def _manifests(root: Path) -> Iterator[tuple[tuple[str, ...], Path]]:
    """Parts of a model's name and its manifest."""
    top = root / "manifests"
    with contextlib.suppress(OSError):
        for count, path in enumerate(sorted(top.glob("*/*/*/*"))):
            if count == _MOST:
                return
            parts = path.relative_to(top).parts
            if not parts[-1].startswith("."):
                yield parts, path


def _short(parts: tuple[str, ...]) -> str:
    _, namespace, model, tag = parts
    owner = "" if namespace == _OWN else f"{namespace}/"
    return f"{PREFIX}{owner}{model}:{tag}"


def _read(root: Path, manifest: Path, name: str, full: str) -> StoredModel:
    try:
        document = json.loads(read_bytes(manifest, _LARGEST))
        layers = [layer for layer in document["layers"] if isinstance(layer, dict)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return StoredModel(name, full, reason="its manifest cannot be read")
    kinds = [layer.get("mediaType") for layer in layers]
    if kinds.count(_MODEL) != 1 or _ADAPTER in kinds:
        return StoredModel(name, full, reason="it is not a model of one GGUF file")
    digest = _DIGEST.fullmatch(str(layers[kinds.index(_MODEL)].get("digest")))
    if digest is None:
        return StoredModel(name, full, reason="its manifest has no SHA-256 of a model")
    path = root / "blobs" / f"sha256-{digest[1]}"
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return StoredModel(name, full, digest[1], reason="its file is not a regular file")
        header = store.read_header(path)
    except OSError:
        return StoredModel(name, full, digest[1], reason="its file is not there: ollama pull it")
    except ModelFileError as error:
        return StoredModel(name, full, digest[1], reason=error.what)
    return StoredModel(
        name, full, digest[1], status.st_size, path, header.text("general.architecture")
    )


def _not_one(
    choice: str, wanted: str, models: list[StoredModel], *, several: bool
) -> ModelFileError:
    root = folder()
    names = [m.full if several else m.name.removeprefix(PREFIX) for m in models]
    known = ", ".join(PREFIX + name for name in names[:20])
    if several:
        what, help = f"'{choice}' names several models", f"say which: {known}"
    elif root is None:
        what = "Ollama has no models on this machine"
        help = "set OLLAMA_MODELS to the folder of its models, or choose one of ours"
    else:
        what = f"Ollama has no model '{wanted}' on this machine"
        help = f"there are: {known}" if known else f"ollama pull {wanted}"
    return ModelFileError(what, where=str(root or "model"), help=help)


def _unreadable(error: OSError, path: Path) -> ModelFileError:
    return ModelFileError(
        f"the model cannot be read: {error.strerror}",
        where=str(path),
        help="check the permissions of the file and its folder",
    )


def _stamp(model: StoredModel) -> Path:
    return store.folder() / "ollama" / f"{model.digest}.verified"


def _facts(model: StoredModel, found: os.stat_result) -> dict[str, str | int]:
    return {
        "path": str(model.path),
        "sha256": model.digest,
        "size": found.st_size,
        "mtime_ns": found.st_mtime_ns,
    }
