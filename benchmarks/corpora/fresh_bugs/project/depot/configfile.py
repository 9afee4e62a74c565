"""Settings files: sections, ``key = value``, comments, continued lines and ``${references}``."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional, Tuple

_SECTION = re.compile(r"^\[\s*([^\]\[]+?)\s*\]$")
_REFERENCE = re.compile(r"\$\{(?:([\w-]+):)?([\w.-]+)\}")

TRUE = frozenset({"yes", "true", "on", "1"})
FALSE = frozenset({"no", "false", "off", "0"})

_BYTES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


class ConfigError(ValueError):
    """A settings file is wrong; ``line`` counts from 1."""

    def __init__(self, message: str, line: Optional[int] = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


def _strip_comment(line: str) -> str:
    """``line`` without a comment; ``#`` and ``;`` inside quotes are kept."""
    quote = ""
    for position, char in enumerate(line):
        if quote:
            if char == quote:
                quote = ""
        elif char in "\"'":
            quote = char
        elif char in "#;" and (position == 0 or line[position - 1].isspace()):
            return line[:position].rstrip()
    return line.rstrip()


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


class Config:
    """Sections of settings; a missing one is looked up in ``[default]``."""

    def __init__(self, sections: Optional[Mapping[str, Mapping[str, str]]] = None) -> None:
        self.sections: Dict[str, Dict[str, str]] = {}
        for name, values in (sections or {}).items():
            self.sections[name] = dict(values)

    def raw(self, section: str, key: str) -> str:
        """The text as written; raises ``KeyError``."""
        key = key.lower()
        for name in (section, "default"):
            if key in self.sections.get(name, {}):
                return self.sections[name][key]
        raise KeyError(f"{section}:{key}")

    def get(self, section: str, key: str, default: Optional[str] = None) -> Optional[str]:
        """The text with its references replaced, or ``default``."""
        try:
            return self._expand(section, self.raw(section, key), ((section, key),))
        except KeyError:
            return default

    def _expand(self, section: str, text: str, path: Tuple[Tuple[str, str], ...]) -> str:
        def replace(match: "re.Match[str]") -> str:
            place = (match[1] or section, match[2])
            if place in path:
                raise ConfigError(f"circular reference {match[0]}")
            try:
                value = self.raw(*place)
            except KeyError:
                raise ConfigError(f"unknown reference {match[0]}") from None
            return self._expand(place[0], value, path + (place,))

        return _REFERENCE.sub(replace, text)

    def get_bool(self, section: str, key: str, default: bool = False) -> bool:
        """A yes or a no."""
        text = self.get(section, key)
        if text is None:
            return default
        word = text.strip().lower()
        if word in TRUE:
            return True
        if word in FALSE:
            return False
        raise ConfigError(f"{section}:{key} is neither yes nor no: {text!r}")

    def get_list(self, section: str, key: str) -> List[str]:
        """Values separated by commas or lines, empty ones left out."""
        text = self.get(section, key) or ""
        return [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]

    def get_bytes(self, section: str, key: str, default: int = 0) -> int:
        """A size such as ``64k`` or ``1.5 MB``."""
        text = self.get(section, key)
        if text is None:
            return default
        match = re.match(r"^\s*(\d+(?:\.\d+)?)\s*([kmg]?)b?\s*$", text, re.IGNORECASE)
        if match is None:
            raise ConfigError(f"{section}:{key} is not a size: {text!r}")
        return int(float(match[1]) * _BYTES[match[2].lower()])

    def as_dict(self, section: str) -> Dict[str, Any]:
        """All settings of a section, defaults included."""
        keys = {**self.sections.get("default", {}), **self.sections.get(section, {})}
        return {key: self.get(section, key) for key in keys}


def parse(text: str) -> Config:
    """Read a settings file; raises :class:`ConfigError` with the line at fault."""
    config = Config()
    section = "default"
    last: Optional[str] = None
    for number, line in enumerate(text.splitlines(), start=1):
        bare = _strip_comment(line)
        if not bare.strip():
            last = None if not line.strip() else last
            continue
        if bare[0].isspace() and last is not None:
            values = config.sections[section]
            values[last] = f"{values[last]}\n{bare.strip()}".strip("\n")
            continue
        match = _SECTION.match(bare.strip())
        if match is not None:
            section = match[1].lower()
            config.sections.setdefault(section, {})
            last = None
            continue
        key, separator, value = bare.partition("=")
        if not separator:
            raise ConfigError(f"expected 'key = value', found {bare.strip()!r}", number)
        key = key.strip().lower()
        if not key:
            raise ConfigError("a setting without a name", number)
        values = config.sections.setdefault(section, {})
        if key in values:
            raise ConfigError(f"{key!r} is set twice", number)
        values[key] = _unquote(value.strip())
        last = key
    return config


def render(config: Config) -> str:
    """The settings as a file that :func:`parse` reads back."""
    blocks = []
    for name, values in config.sections.items():
        lines = [f"[{name}]"]
        for key, value in values.items():
            first, *more = value.split("\n")
            if first != first.strip() or "#" in first or ";" in first:
                first = f'"{first}"'
            lines.append(f"{key} = {first}".rstrip())
            lines.extend(f"    {part}" for part in more)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"
