"""Does a qualified name exist in what is installed, how is it called, and where is it defined?"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.deadline import Deadline
from analysis.errors import AnalysisError
from analysis.names import Name, NameSet, Signature, Tier
from analysis.snapshot import Snapshot, Workspace
from analysis.text.files import real_path
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from engine.context import Context

#: Real names that are offered for one that does not exist.
MOST_NEAREST = 5
#: A file of the workspace that need not exist: the question is asked as if it stood there.
_ASKER = "pilotfish_api.py"
_OS_PATH = "os.path"
#: Looks up which names may stand at the end of a text.
NamesAfter = Callable[[str], NameSet]


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """``exists`` is ``None`` where it is not known, and ``reason`` says why; ``missing`` is the
    first part that does not exist, ``nearest`` the real names that come close to it.

    ``version`` is the distribution that was looked at (``httpx 0.28.1``), ``""`` for the standard
    library and the project. ``module`` defines the name; ``path`` and the 0-based ``line`` say
    where, ``path`` ``""`` where it is not known.
    """

    exists: bool | None
    reason: str
    kind: str = ""
    signatures: tuple[Signature, ...] = ()
    deprecated: str = ""
    version: str = ""
    module: str = ""
    path: str = ""
    line: int = 0
    missing: str = ""
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiRequest(Request[ApiAnswer]):
    """Look up the dotted ``name`` (``httpx.Client.get``), seen from ``workspace``."""

    workspace: Workspace
    name: str
    deadline_ms: int = 5000


def look_up(name: str, names_after: NamesAfter) -> ApiAnswer:
    """Walk along ``name``. An attribute counts before a submodule of the same name, as at run
    time after the import of both."""
    parts = name.split(".")
    imported = receiver = parts[0]
    if len(parts) == 1:
        parts.insert(0, "builtins")
        modules = names_after("import ")
        if name in modules.spellings():
            return ApiAnswer(True, modules.reason, "module", module=name)
        imported = receiver = "builtins"
    found: Name | None = None
    members = NameSet.abstain("", "")
    for part in parts[1:]:
        members = names_after(f"import {imported}\n{receiver}.")
        found = _named(part, members.names)
        if found is None and receiver == imported:
            submodules = names_after(f"import {imported}.")
            found = _named(part, submodules.names)
            if found is not None:
                imported = f"{receiver}.{part}"
        if found is None:
            return _not_found(part, receiver, members, names_after)
        receiver = f"{receiver}.{part}"
    assert found is not None
    call = names_after(f"import {imported}\n{receiver}(") if found.kind != "module" else None
    return ApiAnswer(
        True,
        members.reason,
        found.kind,
        tuple(dict.fromkeys(call.arity.signatures)) if call and call.arity else (),
        (call.deprecated if call else None) or "",
        members.looked_at,
        receiver if found.kind == "module" else found.origin,
    )


def _named(name: str, names: Iterable[Name]) -> Name | None:
    return next((each for each in names if each.name == name), None)


def _not_found(part: str, receiver: str, members: NameSet, names_after: NamesAfter) -> ApiAnswer:
    from analysis.lint.nearest import nearest, similar

    version = members.looked_at
    if members.tier is Tier.ABSTAIN and "." not in receiver:
        modules = names_after("import ")
        if modules.tier is Tier.CLOSED and receiver not in modules.spellings():
            part, members = receiver, modules
    if members.tier is not Tier.CLOSED:
        return ApiAnswer(None, members.reason, version=version, missing=part)
    alike = (*nearest(part, members.spellings()), *similar(part, members.names, called=False))
    near = tuple(dict.fromkeys(alike))[:MOST_NEAREST]
    return ApiAnswer(False, members.reason, version=version, missing=part, nearest=near)


def keep_inside(name: str, root: str, elsewhere: Iterable[str]) -> None:
    """Refuse a dotted ``name`` of which a part is found below ``root``, but through a link that
    leads neither there nor into a folder of ``elsewhere``.

    Raises :class:`~analysis.errors.AnalysisError`.
    """
    allowed = [real_path(folder) for folder in (root, *elsewhere)]
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        base = Path(root, *parts[:count])
        # A folder counts as what is in it.
        for path in (*(base.with_suffix(suffix) for suffix in (".py", ".pyi")), base):
            real = real_path(path)
            if path.exists() and not any(real.is_relative_to(folder) for folder in allowed):
                raise AnalysisError(
                    "leads out of the workspace through a link",
                    where=str(path),
                    help="ask in a workspace that holds it",
                )


def place_of(module: str, name: str, folders: Iterable[str]) -> tuple[str, int]:
    """The file of ``module`` in the first of ``folders`` that has it, and the 0-based line that
    binds ``name`` there, a dotted name in the module; ``("", 0)`` where there is no such file."""
    for folder in folders:
        base = Path(folder, *module.split("."))
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return str(path), _line_of(path, name.split("."))
    return "", 0


def _line_of(path: Path, names: list[str]) -> int:
    from analysis.semantics.homes import bound, top_level
    from analysis.text.files import read_bytes

    try:
        body: list[ast.stmt] = ast.parse(read_bytes(path)).body
    except (AnalysisError, OSError, SyntaxError, ValueError):
        return 0
    line = 0
    for name in names:
        found = next((each for each in top_level(body) if name in bound(each)), None)
        if found is None:
            continue
        line, body = found.lineno - 1, getattr(found, "body", [])
    return line


def _run(request: ApiRequest, context: Context, caller: Caller) -> ApiAnswer:
    """Raises :class:`~analysis.errors.AnalysisError` for what is no dotted name, and for what is
    outside of the workspace through a link in it."""
    from analysis.environments.candidates import resolve
    from analysis.worker.queries import PositionQuery

    if not all(part.isidentifier() for part in request.name.split(".")):
        raise AnalysisError(
            "not a qualified name", where=request.name, help="as in pathlib.Path.read_text"
        )
    known = resolve(request.workspace).sys_path
    keep_inside(request.name, request.workspace.root, known)
    pool, deadline = context.pool(), Deadline.after(request.deadline_ms / 1000)
    asker = Snapshot(str(Path(request.workspace.root) / _ASKER), "", request.workspace)

    def names_after(text: str) -> NameSet:
        line, last = text.count("\n"), text.rpartition("\n")[2]
        query = PositionQuery(asker.with_text(text), line, len(last))
        answer: NameSet = pool.ask(query, deadline).result()
        return answer

    # ``os.path`` is the module of this system; analysis sees that of every system.
    name = re.sub(rf"^{_OS_PATH}(?=\.)", os.path.__name__, request.name)
    answer = look_up(name, names_after)
    if not answer.module:
        return answer
    path, line = place_of(answer.module, name.partition(".")[2], (request.workspace.root, *known))
    module = _OS_PATH if name != request.name else answer.module
    return replace(answer, module=module, path=path, line=line if answer.kind != "module" else 0)


ROUTE = Route(ApiRequest, ApiAnswer, _run, Lane.FORWARD)
