"""``from … import *`` as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StarImport:
    """``from <dots><module> import *``."""

    level: int
    module: tuple[str, ...]

    @classmethod
    def of(cls, written: str) -> StarImport:
        """From the module as it is written: ``..a.b``."""
        text = "".join(written.split())
        dotted = text.lstrip(".")
        return cls(len(text) - len(dotted), tuple(dotted.split(".")) if dotted else ())

    @property
    def text(self) -> str:
        """As it is written."""
        return "." * self.level + ".".join(self.module)
