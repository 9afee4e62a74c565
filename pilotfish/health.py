"""What ``pilotfish doctor`` looks at: each thing that may not work, and the fix.

Checks look at the real thing (start the engine, load the bindings, make a sandbox), change nothing,
and never raise for what they are there to find.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from analysis.environments.candidates import resolve
from analysis.errors import AnalysisError
from analysis.findings import Finding
from analysis.snapshot import Workspace
from analysis.worker.pool import cache_folder
from decoding.errors import DecodingError, ModelFileError
from decoding.models import ollama, store
from decoding.models.store import find
from decoding.opening import Endpoint, local_model, open_writer
from engine.client import EngineProcess, RequestFailedError
from engine.features.status import StatusRequest
from engine.logs import log_folder, stderr_log
from engine.settings.read import machine_file, machine_settings, project_settings
from engine.settings.values import MachineSettings
from repair.errors import SandboxUnavailableError
from repair.sandbox.bubblewrap import bwrap_path
from repair.sandbox.interpreter import too_old


class State(StrEnum):
    """How something is. Only ``broken`` makes doctor's exit code 1."""

    OK = "ok"
    NOTE = "note"
    """Works, but something optional is missing or to be known."""
    BROKEN = "broken"
    """A part of Pilotfish does not work."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What one check found. ``help`` is what to do, ``""`` where there is nothing to do."""

    name: str
    state: State
    detail: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at: a workspace, and the settings in force (``model`` as asked for)."""

    workspace: Workspace
    machine: MachineSettings


# ----------------------------------------------------------------------
# The machine: Python, the system, memory, disk, threads.


MINIMUM = (3, 11)
_GIB = 1 << 30


def python(patient: Patient) -> Iterator[Sign]:
    """The Python that Pilotfish itself runs under."""
    detail = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info < MINIMUM:
        yield Sign("python", State.BROKEN, detail, "install pilotfish under Python 3.11 or newer")
    else:
        yield Sign("python", State.OK, detail)


def system(patient: Patient) -> Iterator[Sign]:
    """The operating system; only Linux has everything."""
    detail = f"{platform.system()} {platform.release()} {platform.machine()}"
    if sys.platform != "linux":
        yield Sign(
            "system",
            State.NOTE,
            f"{detail}: everything works but the sandbox, without which no patch is verified",
        )
    else:
        yield Sign("system", State.OK, detail)


def memory(patient: Patient) -> Iterator[Sign]:
    """Whether the completing model fits: its file is mapped, and about as much is worked with."""
    available = psutil.virtual_memory().available
    needed = 2 * find("complete").size
    detail = f"{available / _GIB:.1f} GiB available"
    if available < needed:
        yield Sign(
            "memory",
            State.NOTE,
            f"{detail}; the default model wants {needed / _GIB:.1f} GiB",
            "close something, or choose a smaller model with --model",
        )
    else:
        yield Sign("memory", State.OK, detail)


def disk(patient: Patient) -> Iterator[Sign]:
    """Whether a model could be downloaded."""
    folder = _existing(store.folder())
    free = shutil.disk_usage(folder).free
    detail = f"{free / _GIB:.1f} GiB free at {folder}"
    largest = max(find("repair").size, find("complete").size)
    if free < largest:
        yield Sign(
            "disk", State.NOTE, f"{detail}; a model needs {largest / _GIB:.1f}", "free some space"
        )
    else:
        yield Sign("disk", State.OK, detail)


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def threads(patient: Patient) -> Iterator[Sign]:
    """How many threads the model may compute with."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    chosen = patient.machine.threads
    how = f"{chosen} as set" if chosen else "chosen by pilotfish"
    detail = f"{cores} cores for this process; the model's threads: {how}"
    if chosen > cores:
        yield Sign("threads", State.NOTE, detail, f"set threads to {cores} or less, or to 0")
    else:
        yield Sign("threads", State.OK, detail)


# ----------------------------------------------------------------------
# The engine: whether it starts and answers, what it analyses with, where it writes its log.


_ENGINE_SECONDS = 30


def engine_answers(patient: Patient) -> Iterator[Sign]:
    """Start the engine as the language server does, and ask it something."""
    begin = time.monotonic()
    client = EngineProcess()
    try:
        status = client.submit(StatusRequest()).future.result(_ENGINE_SECONDS)
    except (RequestFailedError, FutureTimeoutError) as error:
        yield Sign(
            "engine",
            State.BROKEN,
            f"it does not answer: {error or 'timed out'}",
            f"see {log_folder()}, and attach the logs there to a bug report",
        )
        return
    finally:
        client.close()
    took = time.monotonic() - begin
    yield Sign(
        "engine",
        State.OK,
        f"answers {took:.2f} s after start-up, {status.resident_bytes / 1e6:.0f} MB without model",
    )


def analysis(patient: Patient) -> Iterator[Sign]:
    """Whether the jedi that is installed is the one that Pilotfish changes from the inside."""
    try:
        from analysis.semantics.reference import ReferenceProvider

        ReferenceProvider(cache_folder())
    except AnalysisError as error:
        yield Sign("analysis", State.BROKEN, error.what, error.help)
    else:
        versions = ", ".join(f"{name} {version(name)}" for name in ("jedi", "parso"))
        yield Sign("analysis", State.OK, versions)


def log(patient: Patient) -> Iterator[Sign]:
    """Where to look when something went wrong."""
    if stderr_log() is None:
        yield Sign(
            "log",
            State.NOTE,
            f"{log_folder()} cannot be written to: the engine keeps no log",
            "make the folder writable",
        )
    else:
        yield Sign("log", State.OK, str(log_folder() / "engine.log"))


# ----------------------------------------------------------------------
# Whether a model can be loaded: the bindings of llama.cpp, and the files.


#: Loading the bindings takes under a second; a library that hangs is a finding too.
_LOADING_SECONDS = 60
_RUNTIME = f"{store.__name__.removesuffix('.models.store')}.runtimes.llama_cpp"


def bindings(patient: Patient) -> Iterator[Sign]:
    """Whether llama.cpp can be loaded, tried in a process of its own: a library that was built
    for another processor crashes instead of failing. With an endpoint it is not needed."""
    if patient.machine.endpoint:
        return
    try:
        detail = f"llama-cpp-python {version('llama-cpp-python')}"
    except PackageNotFoundError:
        yield Sign(
            "llama.cpp",
            State.BROKEN,
            "llama-cpp-python is not installed: no completions, and repair without a model",
            "pip install '.[model]' in Pilotfish's folder (needs a C++ compiler)",
        )
        return
    again = "pip install --force-reinstall --no-binary :all: --no-deps llama-cpp-python"
    command = [sys.executable, "-I", "-c", f"import {_RUNTIME}"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            cwd=Path(sys.executable).anchor,
            timeout=_LOADING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield Sign("llama.cpp", State.BROKEN, f"{detail} hangs when it is loaded", again)
        return
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = said[-1] if said else f"status {done.returncode}"
        yield Sign("llama.cpp", State.BROKEN, f"{detail} cannot be loaded: {why}", again)
    else:
        yield Sign("llama.cpp", State.OK, detail)


def endpoint(patient: Patient) -> Iterator[Sign]:
    """The server that computes instead of this machine, where one is named: asked what it serves
    and whether that can fill in code."""
    machine = patient.machine
    if not machine.endpoint:
        return
    place = Endpoint(machine.endpoint, machine.endpoint_model, machine.endpoint_key)
    try:
        writer = open_writer(place)
    except DecodingError as error:
        yield Sign("endpoint", State.BROKEN, error.what, error.help)
        return
    writer.close()
    detail = f"{place.base} serves {writer.name}; your code is sent there"
    if place.key and urlsplit(place.url).scheme == "http" and not _is_here(place.url):
        help = "use https: the key is sent unencrypted"
        yield Sign("endpoint", State.NOTE, detail, help)
    else:
        yield Sign("endpoint", State.OK, detail)


def servers(patient: Patient) -> Iterator[Sign]:
    """Programs that serve models on this machine already, and how to use them."""
    if patient.machine.endpoint:
        return
    from decoding.remote.recognition import listening

    for found in listening():
        names = ", ".join(found.models)
        yield Sign(
            found.title,
            State.NOTE,
            f"listens at {found.url} and has {names}",
            f'to complete with it, set endpoint = "{found.url}" and endpoint-model to a code model '
            f"in {machine_file()}",
        )


def _is_here(url: str) -> bool:
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def models(patient: Patient) -> Iterator[Sign]:
    """The models of the two roles, or what the settings name instead; an endpoint needs none."""
    if patient.machine.endpoint:
        return
    yield _file("complete", patient.machine.model, State.BROKEN)
    yield _file("repair", patient.machine.repair_model, State.NOTE)


def _file(role: str, choice: str, otherwise: State) -> Sign:
    name = f"model ({role})"
    try:
        local = local_model(choice, role)
    except ModelFileError as error:
        return Sign(name, State.BROKEN if choice else otherwise, error.what, error.help)
    verified = local.model or local.name.startswith(ollama.PREFIX)
    known = f"verified, {local.path}" if verified else f"a file of yours, {local.path}"
    return Sign(name, State.OK, f"{local.name}: {known}")


# ----------------------------------------------------------------------
# Programs that Pilotfish calls or lives in: ruff, git, editors.


EDITORS = {
    "nvim": "Neovim",
    "code": "VS Code",
    "codium": "VSCodium",
    "code-server": "code-server",
    "hx": "Helix",
    "zed": "Zed",
    "emacs": "Emacs",
}
_PROGRAM_SECONDS = 20


def ruff(patient: Patient) -> Iterator[Sign]:
    """The linter whose findings stand beside ours; it comes with Pilotfish."""
    yield _program("ruff", State.BROKEN, "pip install ruff into pilotfish's environment")


def git(patient: Patient) -> Iterator[Sign]:
    """For ``check --since``, and for those who apply a diff."""
    yield _program("git", State.NOTE, "install git, for check --since and git apply")


def _program(name: str, otherwise: State, help: str) -> Sign:
    own = shutil.which(name, path=sysconfig.get_path("scripts"))
    path = own or shutil.which(name)
    if path is None:
        return Sign(name, otherwise, "not found", help)
    try:
        done = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            # Nothing of a workspace's configuration is to be looked at.
            cwd=Path(path).anchor,
            timeout=_PROGRAM_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Sign(name, otherwise, f"{path} does not run: {type(error).__name__}", help)
    return Sign(name, State.OK, f"{done.stdout.strip()} at {path}")


def editors(patient: Patient) -> Iterator[Sign]:
    """Editors on ``PATH``."""
    found = [f"{name} ({path})" for word, name in EDITORS.items() if (path := shutil.which(word))]
    if found:
        yield Sign("editors", State.OK, ", ".join(found))
    else:
        yield Sign("editors", State.NOTE, "none on PATH", "the command line needs no editor")


# ----------------------------------------------------------------------
# The user's code: its interpreter, and the sandbox that it runs in.


def interpreter(patient: Patient) -> Iterator[Sign]:
    """Which Python the workspace is looked at under, and why; started only where that is allowed
    (invariant 5)."""
    try:
        found = resolve(patient.workspace)
    except AnalysisError as error:
        help = error.help or "name one that works with --python"
        yield Sign("interpreter", State.BROKEN, f"{error.where}: {error.what}", help)
        return
    how = "asked" if found.started else "read from its files, never started"
    detail = f"Python {found.version_text}, {found.executable}: {found.why} ({how})"
    if too_old(found):
        why = "; tests run with Python 3.8 to 3.14, so that fix and debug refuse this one"
        yield Sign("interpreter", State.BROKEN, detail + why, "name another one with --python")
        return
    yield Sign("interpreter", State.OK, detail)


def sandbox(patient: Patient) -> Iterator[Sign]:
    """Whether a sandbox can be made, by making one."""
    try:
        path = bwrap_path()
    except SandboxUnavailableError as error:
        yield Sign("sandbox", State.BROKEN, error.what, error.help)
    else:
        yield Sign("sandbox", State.OK, f"bubblewrap at {path} works")


# ----------------------------------------------------------------------
# Settings: where they come from, and what is wrong with them; trust of the workspace.


def your_settings(patient: Patient) -> Iterator[Sign]:
    """The user's own settings."""
    _, problems = machine_settings()
    yield from _signs("your settings", machine_file(), problems)


def settings_of_project(patient: Patient) -> Iterator[Sign]:
    """The settings of the project at hand."""
    root = Path(patient.workspace.root)
    _, problems = project_settings(root)
    yield from _signs("project settings", root / "pyproject.toml", problems)


def _signs(name: str, path: Path, problems: tuple[Finding, ...]) -> Iterator[Sign]:
    for found in problems:
        what, _, help = found.message.partition("; ")
        yield Sign(name, State.BROKEN, f"{path}:{found.line + 1}: {what}", help)
    if not problems:
        there = "" if path.exists() else " (no file: defaults)"
        yield Sign(name, State.OK, f"{path}{there}")


def trust(patient: Patient) -> Iterator[Sign]:
    """Whether an interpreter of the workspace may be started (invariant 5)."""
    root = patient.workspace.root
    if patient.workspace.trusted:
        yield Sign("trust", State.OK, f"{root} is trusted")
    elif patient.workspace.python:
        yield Sign("trust", State.OK, "the interpreter was named explicitly, so it is trusted")
    else:
        yield Sign(
            "trust",
            State.NOTE,
            f"{root} is not trusted: its interpreter is never started, its packages are read as "
            "files",
            f"pilotfish trust {root}",
        )


Check = Callable[[Patient], Iterator[Sign]]

#: Everything that is looked at, in the order in which it is shown.
CHECKS: tuple[Check, ...] = (
    python, system, engine_answers, analysis, endpoint, servers, bindings, models, ruff, git,
    sandbox, interpreter, trust, threads, memory, disk, your_settings, settings_of_project, log,
    editors,
)  # fmt: skip
