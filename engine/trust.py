"""Which workspaces the user has said to trust (``pilotfish trust DIR``).

Kept in the user's configuration folder, never in the workspace: a workspace cannot trust itself.
Folders are kept resolved, so a link that is turned elsewhere later carries no trust with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from analysis.private import own_folder
from analysis.text.files import real_path, replace_file
from engine.errors import EngineError

#: Another process holds the list for milliseconds.
_PATIENCE_SECONDS = 10.0


def trust_file() -> Path:
    """Where the list is kept; it may not exist."""
    return Path(platformdirs.user_config_dir("pilotfish", appauthor=False)) / "trusted.json"


def trusted_folders() -> tuple[Path, ...]:
    """Every folder that was trusted, in the order it was said. Empty when none was.

    Raises :class:`~engine.errors.EngineError` when the list cannot be read: then nothing is known
    to be trusted.
    """
    try:
        listed = json.loads(trust_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(str(error)) from None
    if not isinstance(listed, list) or not all(isinstance(folder, str) for folder in listed):
        raise _unreadable("it is not a list of folders")
    return tuple(Path(folder) for folder in listed if Path(folder).is_absolute())


def trusting_folder(root: Path) -> Path | None:
    """The trusted folder that ``root`` is or lies in, if there is one."""
    resolved = real_path(root)
    return next((f for f in trusted_folders() if resolved.is_relative_to(f)), None)


def is_trusted(root: Path) -> bool:
    """Whether ``root`` or a folder above it was trusted."""
    return trusting_folder(root) is not None


def trust(root: Path) -> None:
    """Remember ``root`` as trusted."""
    resolved = real_path(root)
    _change(lambda folders: [*(f for f in folders if f != resolved), resolved])


def distrust(root: Path) -> bool:
    """Forget that ``root`` was trusted; whether it had been. A folder above it may still be."""
    resolved = real_path(root)
    if resolved not in trusted_folders():
        return False
    _change(lambda folders: [f for f in folders if f != resolved])
    return True


def _change(edit: Callable[[list[Path]], list[Path]]) -> None:
    """Replace the list by another; two processes at once lose nothing, and it is never half
    there."""
    store = trust_file()
    try:
        own_folder(store.parent)
        with _locked(store.with_suffix(".lock")):
            folders = edit(list(trusted_folders()))
            listed = json.dumps([str(f) for f in folders], indent=1)
            replace_file(store, listed.encode(), durable=True, private=True)
    except OSError as error:
        raise EngineError(
            f"the list of trusted folders cannot be written: {error.strerror or error}",
            where=str(store),
            help="make the folder writable",
        ) from None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # Imported late: asking whether a folder is trusted, as every command does, needs no lock.
    from filelock import FileLock

    with FileLock(path, timeout=_PATIENCE_SECONDS, mode=0o600):
        yield


def _unreadable(reason: str) -> EngineError:
    return EngineError(
        f"the list of trusted folders cannot be read: {reason}",
        where=str(trust_file()),
        help="delete the file and trust your folders again",
    )
