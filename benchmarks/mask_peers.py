"""What masks cost elsewhere: llguidance, and llama.cpp's own grammar sampler.

They get the sets, states and proposed tokens that ``benchmarks.mask`` measures us with. llguidance
runs in a temporary environment of its own, by ``benchmarks/peers/llguidance_masks.py``; it gets the
constraint as the regular expression that a vLLM would get, llama.cpp as the grammar that a
llama-server would (:mod:`decoding.remote.forms`).
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from decoding.remote.forms import NameForm
from decoding.runtimes.llama_cpp import LlamaTokens, native

LLGUIDANCE = "llguidance==1.9.1"
_SCRIPT = Path(__file__).parent / "peers" / "llguidance_masks.py"

Times = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Case:
    """A constraint and token sequences that it allows."""

    choice: NameForm
    walks: tuple[tuple[int, ...], ...]


def by_llguidance(tokens: LlamaTokens, cases: Sequence[Case], seconds: float) -> Times | None:
    """Processor seconds to build, to mask and to check a token, of at most so many a case;
    ``None`` where it does not install."""
    asked = {
        "tokens": [spelled.hex() for spelled in tokens.token_bytes()],
        "eos": min(tokens.end_tokens()),
        "seconds": seconds,
        "sets": [{"pattern": c.choice.pattern, "walks": c.walks} for c in cases],
    }
    with tempfile.TemporaryDirectory() as folder:
        python = str(Path(folder) / "bin" / "python")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [python, "-m", "pip", "install", "-q", "--only-binary", ":all:"]
        if subprocess.run([*install, LLGUIDANCE, "numpy"], check=False).returncode:
            return None
        done = subprocess.run(
            [python, _SCRIPT],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"llguidance: exit {done.returncode}\n{done.stderr[-2000:]}")
    times: Times = json.loads(done.stdout)
    return times


def by_llama_cpp(tokens: LlamaTokens, cases: Sequence[Case], seconds: float) -> Times:
    """The same of llama.cpp, which masks by setting logits."""
    size = tokens.vocabulary_size
    data = (native.llama_token_data * size)()
    fields = np.ctypeslib.as_array(
        ctypes.cast(data, ctypes.POINTER(ctypes.c_float)), shape=(size, 3)
    )
    fields[:, 0] = np.arange(size, dtype=np.int32).view(np.float32)
    candidates = native.llama_token_data_array(data, size, -1, False)
    times: Times = {"build": [], "mask": [], "check": []}
    for case in cases:
        until = time.monotonic() + seconds
        begun = time.thread_time()
        grammar = native.llama_sampler_init_grammar(
            tokens.vocab, case.choice.grammar.encode(), b"root"
        )
        times["build"].append(time.thread_time() - begun)
        if not grammar:
            raise SystemExit("llama.cpp does not take the grammar")
        for walk in case.walks:
            if time.monotonic() > until:
                break
            native.llama_sampler_reset(grammar)
            for token in walk:
                fields[:, 1:] = 0.0
                begun = time.thread_time()
                native.llama_sampler_apply(grammar, ctypes.byref(candidates))
                times["mask"].append(time.thread_time() - begun)
                if not np.isfinite(fields[token, 1]):
                    raise SystemExit(f"llama.cpp refuses {tokens.token_bytes()[token]!r}")
                begun = time.thread_time()
                native.llama_sampler_accept(grammar, token)
                times["check"].append(time.thread_time() - begun)
        native.llama_sampler_free(grammar)
    return times
