"""What attention costs behind prompts of several sizes, and whether logits depend on the batch.

``python -m benchmarks.attention [--model 0.5b] [--sizes 128,416,1024]``: flash attention over a
cache in half precision against plain attention over one in single precision, in turns in one run.
Processor milliseconds a token: of a prompt, of a batch of twelve (a draft, a search), of one token
by itself. *Moved* is by how much a logit differs at most between twelve tokens in one batch and one
by one; *other token* counts where another one became the most probable.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

import decoding
from analysis.deadline import Cancellation
from benchmarks.models import MODELS
from benchmarks.report import save, show
from decoding.models import store
from decoding.runtimes.llama_cpp import LlamaCpp, Tuning

_BATCH = 12
_COLUMNS = ("attention", "tokens before", "prompt", "batch", "one", "moved", "other token")


def main() -> int:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="0.5b", help=f"{', '.join(MODELS)}, or a GGUF file")
    parser.add_argument("--sizes", default="128,416,1024", help="tokens of the prompts")
    chosen = parser.parse_args()
    path = store.resolve(MODELS.get(chosen.model, chosen.model)).path
    ways = {
        "flash, half precision": LlamaCpp(path, tuning=Tuning(flash_attention=True)),
        "plain, single precision": LlamaCpp(path, tuning=Tuning(flash_attention=False)),
    }
    tokens = next(iter(ways.values())).tokenize(_code())
    rows, begin = [], 0
    for size in map(int, chosen.sizes.split(",")):
        for name, model in ways.items():
            rows.append([name, str(size), *_measured(model, tokens[begin:size], tokens[size:])])
        begin = size
    for model in ways.values():
        model.close()
    show("processor ms a token", _COLUMNS, rows)
    save("attention", {"table": [dict(zip(_COLUMNS, row, strict=True)) for row in rows]})
    return 0


def _measured(model: LlamaCpp, prompt: list[int], more: list[int]) -> list[str]:
    """Behind what ``model`` holds already and ``prompt``, which it holds afterwards."""
    stop, size = Cancellation(), len(model.evaluated()) + len(prompt)
    read = _spent(partial(model.evaluate, prompt, stop)) / len(prompt)
    batches, single, moved, other = [], [], 0.0, 0
    for at in range(0, 3 * _BATCH, _BATCH):
        part = more[at : at + _BATCH]
        model.truncate(size)
        batches.append(_spent(partial(model.evaluate_all, part, stop)) / _BATCH)
        model.truncate(size)
        rows = model.evaluate_all(part, stop).copy()
        model.truncate(size)
        for token, row in zip(part, rows, strict=True):
            single.append(_spent(partial(model.evaluate, [token], stop)))
            moved = max(moved, float(np.abs(model.logits() - row).max()))
            other += int(model.logits().argmax() != row.argmax())
    model.truncate(size)
    times = [f"{read:.2f}", f"{median(batches):.2f}", f"{median(single):.1f}"]
    return [*times, f"{moved:.3f}", f"{other} of {3 * _BATCH}"]


def _spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1e3


def _code() -> str:
    files = sorted(Path(decoding.__file__).parent.glob("*.py"))
    return "".join(file.read_text(encoding="utf-8") for file in files)


if __name__ == "__main__":
    raise SystemExit(main())
