"""Whether a model can be loaded: the bindings of llama.cpp, and the files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from decoding.errors import DecodingError, ModelFileError
from decoding.models import store
from decoding.opening import Endpoint, open_writer
from pilotfish.health.sign import Patient, Sign, State

#: Loading the bindings takes under a second; a library that hangs is a finding too.
PATIENCE_SECONDS = 60
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
            "pip install 'pilotfish[model]' (needs a C++ compiler)",
        )
        return
    again = "pip install --force-reinstall --no-binary :all: --no-deps llama-cpp-python"
    command = [sys.executable, "-I", "-c", f"import {_RUNTIME}"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            cwd=Path(sys.executable).anchor,
            timeout=PATIENCE_SECONDS,
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


def _is_here(url: str) -> bool:
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def files(patient: Patient) -> Iterator[Sign]:
    """The models of the two roles, or what the settings name instead; an endpoint needs none."""
    if patient.machine.endpoint:
        return
    yield _file("complete", patient.machine.model, State.BROKEN)
    yield _file("repair", patient.machine.repair_model, State.NOTE)


def _file(role: str, choice: str, otherwise: State) -> Sign:
    name = f"model ({role})"
    try:
        local = store.resolve(choice or None, role=role)
    except ModelFileError as error:
        return Sign(name, State.BROKEN if choice else otherwise, error.what, error.help)
    known = f"verified, {local.path}" if local.model else f"a file of yours, {local.path}"
    return Sign(name, State.OK, f"{local.name}: {known}")
