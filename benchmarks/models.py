"""The models that benchmarks know by a short name."""

from __future__ import annotations

#: What ``--model`` of a benchmark stands for on the command line of a command.
MODELS = {
    "none": "none",
    "0.5b": "qwen2.5-coder-0.5b-instruct-q4_k_m",
    "1.5b": "qwen2.5-coder-1.5b-instruct-q4_k_m",
}
