"""What exists in an environment, asked of its packages: the judge of what is invented."""

from __future__ import annotations

import builtins
import json
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import real_api
from benchmarks.installed import Installed

BUILTINS = frozenset(dir(builtins))
#: Everything in a text that could be a name.
WORD = re.compile(r"[^\W\d]\w*")
_PROBE_SECONDS = 300.0
_STORED = re.compile(r"\.(\w+)\s*(?::[^=\n]+)?=(?!=)|^\s+(\w+)\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the packages. ``about`` is ``members``, ``attributes`` or ``calls``."""

    about: str
    key: tuple[str, str, int]


class Truth:
    """What exists in an environment: every identifier of its files, and its answers at run time."""

    def __init__(self, place: Installed) -> None:
        self._place = place
        self.words: set[str] = set(BUILTINS)
        self.stored: set[str] = set()
        for folder in place.folders:
            for file in folder.rglob("*.py"):
                if {"test", "tests", "pip"}.isdisjoint(file.relative_to(folder).parts):
                    text = file.read_text(encoding="utf-8", errors="replace")
                    self.words.update(WORD.findall(text))
                    if folder == place.folders[0]:
                        self.stored.update(a or b for a, b in _STORED.findall(text))

    def ask(
        self, questions: Iterable[Question], modules: Sequence[str]
    ) -> Mapping[Question, object]:
        """The answers of the packages themselves, whose ``modules`` are imported first."""
        asked: dict[str, list[Question]] = {"members": [], "attributes": [], "calls": []}
        for question in sorted(set(questions), key=lambda q: (q.about, q.key)):
            asked[question.about].append(question)
        document = {about: [q.key[:2] for q in some] for about, some in asked.items()}
        done = subprocess.run(
            [self._place.python, "-I", real_api.__file__],
            input=json.dumps({"modules": list(modules), **document}),
            capture_output=True,
            text=True,
            check=True,
            timeout=_PROBE_SECONDS,
        )
        answers = json.loads(done.stdout)
        return {
            question: answer
            for about, some in asked.items()
            for question, answer in zip(some, answers[about], strict=True)
        }
