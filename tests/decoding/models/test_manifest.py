"""What models can be called."""

from __future__ import annotations

import pytest

from decoding.errors import ModelFileError
from decoding.models.store import MODELS, find


def test_a_name_a_role_and_a_part_that_is_its_own() -> None:
    for model in MODELS:
        for word in (model.name, *model.roles):
            assert find(word) is model
    assert find("1.5B").name == "qwen2.5-coder-1.5b-instruct-q4_k_m"
    assert find("0.5b").name == "qwen2.5-coder-0.5b-instruct-q4_k_m"


def test_a_part_of_several_names_is_none() -> None:
    with pytest.raises(ModelFileError, match="unknown model 'instruct'"):
        find("instruct")
    with pytest.raises(ModelFileError, match="unknown model '5b'"):
        find("5b")
