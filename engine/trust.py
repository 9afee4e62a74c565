"""Which workspaces the user has said to trust (``pilotfish trust DIR``).

Kept in the user's configuration folder, never in the workspace: a workspace cannot trust itself.
"""

from __future__ import annotations

import json
from pathlib import Path

import platformdirs

from analysis.errors import ExplainedError


def _store() -> Path:
    return Path(platformdirs.user_config_dir("pilotfish")) / "trusted.json"


def trusted_folders() -> tuple[Path, ...]:
    """Every folder that was trusted, in the order it was said. Empty when none was."""
    try:
        listed = json.loads(_store().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise ExplainedError(
            f"the list of trusted folders cannot be read: {error}",
            where=str(_store()),
            mend="delete the file and trust your folders again",
        ) from None
    return tuple(Path(folder) for folder in listed if isinstance(folder, str))


def is_trusted(root: Path) -> bool:
    """Whether ``root`` or a folder above it was trusted."""
    resolved = root.resolve()
    return any(resolved.is_relative_to(folder) for folder in trusted_folders())


def trust(root: Path) -> None:
    """Remember ``root`` as trusted. Written beside and renamed, so that it is never half there."""
    resolved = root.resolve()
    folders = [f for f in trusted_folders() if f != resolved]
    store = _store()
    store.parent.mkdir(parents=True, exist_ok=True)
    temporary = store.with_suffix(".new")
    temporary.write_text(
        json.dumps([str(f) for f in (*folders, resolved)], indent=1), encoding="utf-8"
    )
    temporary.replace(store)


def distrust(root: Path) -> bool:
    """Forget that ``root`` was trusted; whether it had been."""
    resolved = root.resolve()
    folders = trusted_folders()
    left = [f for f in folders if f != resolved]
    if len(left) == len(folders):
        return False
    _store().write_text(json.dumps([str(f) for f in left], indent=1), encoding="utf-8")
    return True
