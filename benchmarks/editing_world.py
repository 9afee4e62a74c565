"""A workspace that is drawn from a seed, and what a person does to it.

The workspace is a small shop: modules that import each other, with a package of helpers, a stub,
and a distribution in its virtual environment. A step changes documents, files, settings or
packages; it is a function of its own seed and of what is there, so any part of a session can be
played alone.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.editor import Editor

_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_WORDS = [
    "amount", "balance", "count", "depth", "extent", "factor", "grade", "height", "index",
    "limit", "margin", "number", "offset", "price", "quota", "rate", "scale", "total", "unit",
    "volume", "weight", "yield_", "zone", "area", "budget", "cost", "delay", "edge", "flag",
    "gain",
]  # fmt: skip
_VERBS = [
    "add", "bind", "clear", "drop", "emit", "fetch", "gather", "hold", "join", "keep",
    "list_", "move", "note", "open_", "pick", "put",
]  # fmt: skip
_CREATED, _CHANGED, _DELETED = 1, 2, 3
#: How the client tells of files that changed on disk, and how often.
_TOLD = {"now": 6, "late": 2, "twice": 1, "never": 2}


class Words:
    """Identifiers, none twice."""

    def __init__(self, chance: random.Random) -> None:
        self._chance, self._used = chance, set[str]()

    def verb(self) -> str:
        """The name of a function."""
        return self._new(lambda: f"{self._chance.choice(_VERBS)}_{self._chance.choice(_WORDS)}")

    def noun(self) -> str:
        """The name of a field or a parameter."""
        return self._new(lambda: f"{self._chance.choice(_WORDS)}{self._chance.randrange(10)}")

    def _new(self, make: Callable[[], str]) -> str:
        for _ in range(50):
            name = make()
            if name not in self._used:
                break
        self._used.add(name)
        return name


def generate(chance: random.Random) -> dict[str, str]:
    """Files by relative path: a dozen modules, of which every one imports another."""
    words = Words(chance)
    base = [words.verb() for _ in range(3)]
    field, other = words.noun(), words.noun()
    own = [words.verb() for _ in range(2)]
    functions = [words.verb() for _ in range(3)]
    keywords = [words.noun() for _ in range(3)]
    constant = words.noun().upper()
    colours = [words.noun().upper() for _ in range(3)]
    helper, native = words.verb(), words.verb()
    files = {
        "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n\n[tool.pilotfish]\n',
        "shop/__init__.py": (
            f"from shop.models import Item, Kind\nfrom shop.store import Store\n"
            f"from shop.pricing import {functions[0]}\n\n"
            f'__all__ = ["Item", "Kind", "Store", "{functions[0]}"]\n'
        ),
        "shop/base.py": (
            f"from shop.util import text\n\n{constant} = 3\n\n\nclass Base:\n"
            f"    def __init__(self, {field}: int) -> None:\n        self.{field} = {field}\n\n"
            f"    def {base[0]}(self, {keywords[0]}: int = 1) -> int:\n"
            f"        return self.{field} * {keywords[0]}\n\n"
            f"    def {base[1]}(self) -> str:\n        return text.{helper}(str(self.{field}))\n\n"
            f"    @property\n    def {other}(self) -> str:\n"
            f"        return self.{base[1]}().upper()\n"
        ),
        "shop/models.py": (
            "from dataclasses import dataclass\nfrom enum import Enum\n\n\nclass Kind(Enum):\n"
            + "".join(f"    {name} = {i}\n" for i, name in enumerate(colours))
            + f"\n\n@dataclass\nclass Item:\n    kind: Kind\n    {keywords[1]}: int = 0\n\n"
            f"    def {own[0]}(self) -> Kind:\n        return Kind.{colours[0]}\n"
        ),
        "shop/pricing.py": (
            f"from shop.base import {constant}, Base\nfrom shop.models import Item\n\n\n"
            f"def {functions[0]}(item: Item, *, {keywords[2]}: int = {constant}) -> int:\n"
            f"    return item.{keywords[1]} * {keywords[2]}\n\n\n"
            f"def {functions[1]}(base: Base) -> str:\n    return base.{base[1]}()\n"
        ),
        "shop/store.py": (
            "from shop import pricing\nfrom shop.base import Base\n"
            "from shop.models import Item, Kind\n"
            f"\n\nclass Store(Base):\n    def {own[1]}(self, item: Item) -> int:\n"
            f"        if item.{own[0]}() is Kind.{colours[1]}:\n"
            f"            return pricing.{functions[0]}(item, {keywords[2]}=2)\n"
            f"        return self.{base[0]}({keywords[0]}=4)\n"
        ),
        "shop/util/__init__.py": "from shop.util.text import *\n",
        "shop/util/text.py": (
            f'__all__ = ["{helper}"]\n\n\ndef {helper}(word: str) -> str:\n'
            f"    return word.strip()\n\n\ndef _{functions[2]}() -> None: ...\n"
        ),
        "native.py": f"def {native}(x):\n    return x\n",
        "native.pyi": f"def {native}(x: int) -> list[int]: ...\n",
        "main.py": (
            f"import native\nimport gadget\nfrom shop import Item, Kind, Store, {functions[0]}\n\n"
            f"store = Store(3)\nitem = Item(Kind.{colours[2]}, {keywords[1]}=2)\n"
            f"print(store.{own[1]}(item), store.{base[0]}({keywords[0]}=1))\n"
            f"print(store.{other}.lower())\n"
            f"print({functions[0]}(item, {keywords[2]}=1), native.{native}(1).count(1))\n"
            f"print(gadget.Tool().run_1(), item.{own[0]}().name)\n"
        ),
        "test_main.py": (
            f"from shop.store import Store\nfrom shop.util import {helper}\n\n\n"
            f"def test_store() -> None:\n    store = Store({field}=1)\n"
            f"    assert store.{base[1]}() == {helper}('1')\n"
        ),
    }
    for number in range(chance.randrange(3)):
        files[f"extra_{number}.py"] = (
            f"from shop.store import Store\n\n\nclass More(Store):\n"
            f"    def {words.verb()}(self) -> int:\n        return self.{base[0]}()\n\n\n"
            f"def use(more: More) -> str:\n    return more.{base[1]}().strip()\n"
        )
    return files


class World:
    """The files of a workspace and the editor that works on them. ``chance`` is of the session."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.root = editor.root
        self._late: list[tuple[Path, int]] = []
        self.branches: list[dict[str, str]] = []
        self.diagnostics = True
        #: The document that was edited last, for questions about it.
        self.edited: Path | None = None

    # ------------------------------------------------------------------ what is there

    def files(self) -> list[Path]:
        """The Python files of the workspace, in order."""
        found = [
            path for path in sorted(self.root.rglob("*.py*"))
            if ".venv" not in path.parts and path.suffix in (".py", ".pyi")
        ]  # fmt: skip
        return found

    def texts(self) -> dict[Path, str]:
        """Every file as it is seen: open buffers stand over the disk."""
        found = {path: path.read_text(encoding="utf-8") for path in self.files()}
        return found | {path: buffer.text for path, buffer in self.editor.buffers.items()}

    @property
    def site_packages(self) -> Path:
        """Where the workspace's packages are installed."""
        return self.root / ".venv" / "lib" / f"python{_VERSION}" / "site-packages"

    # ------------------------------------------------------------------ the disk

    def write(self, path: Path, text: str, told: str = "now") -> None:
        """Write a file and tell of it."""
        kind = _CHANGED if path.exists() else _CREATED
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.tell([(path, kind)], told)

    def remove(self, path: Path, told: str = "now") -> None:
        """Remove a file or a folder and tell of it."""
        gone = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        self.tell([(each, _DELETED) for each in gone], told)

    def tell(self, changes: list[tuple[Path, int]], told: str) -> None:
        """Tell the server of files that changed, or not."""
        watched = [(p, k) for p, k in changes if p.suffix in (".py", ".pyi", ".toml", ".cfg")]
        if told == "late":
            self._late += watched
        elif told != "never" and watched:
            events = [{"uri": path.as_uri(), "type": kind} for path, kind in watched]
            for _ in range(2 if told == "twice" else 1):
                self.editor.notify("workspace/didChangeWatchedFiles", {"changes": events})

    @property
    def pending(self) -> bool:
        """Whether something is still to be told."""
        return bool(self._late)

    def flush(self) -> None:
        """Tell of what is late."""
        late, self._late = self._late, []
        self.tell(late, "now")

    # ------------------------------------------------------------------ the environment

    def make_environment(self) -> None:
        """A virtual environment, made of files alone."""
        self.site_packages.mkdir(parents=True)
        folder = self.root / ".venv"
        (folder / "bin").mkdir()
        (folder / "bin" / "python").symlink_to(sys.executable)
        home = Path(sys.executable).resolve().parent
        (folder / "pyvenv.cfg").write_text(f"home = {home}\nversion = {_VERSION}.0\n")

    def install(self, number: int, told: str) -> None:
        """Install ``gadget`` in a version whose ``Tool`` has a method of that number."""
        self.uninstall(told)
        place = self.site_packages
        info = place / f"gadget-{number}.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: gadget\nVersion: {number}.0\n")
        (info / "RECORD").write_text("gadget/__init__.py,,\ngadget/py.typed,,\n")
        package = place / "gadget"
        package.mkdir()
        (package / "py.typed").touch()
        self.write(
            package / "__init__.py",
            f"class Tool:\n    def run_{number}(self, speed: int = 1) -> str:\n        return ''\n",
            told,
        )

    def uninstall(self, told: str) -> None:
        """Remove ``gadget``."""
        for info in self.site_packages.glob("gadget-*.dist-info"):
            shutil.rmtree(info)
        if (self.site_packages / "gadget").exists():
            self.remove(self.site_packages / "gadget", told)

    # ------------------------------------------------------------------ a session

    def begin(self, chance: random.Random) -> None:
        """Lay the workspace down where the one before it was; how much is told is drawn."""
        told = draw_telling(chance)
        for path in list(self.editor.buffers):
            self.editor.close(path)
        self._late.clear()
        self.editor.configure({"diagnostics": {"ruff": False, "debounceMs": 0}})
        self.diagnostics = True
        kept = generate(chance)
        for path in sorted(self.root.iterdir()):
            if path.name == ".venv" or path.is_dir() or path.name not in kept:
                self.remove(path, told)
        for name, text in kept.items():
            self.write(self.root / name, text, told)
        self.make_environment()
        self.install(1, told)
        self.branches = [kept]
        self.edited = None

    def step(self, kind: str, seed: int) -> None:
        """Do one step; one that makes no sense now does nothing."""
        STEPS[kind][1](self, random.Random(seed))


def draw_telling(chance: random.Random) -> str:
    """How the client tells of what changes on disk."""
    return chance.choices(list(_TOLD), list(_TOLD.values()))[0]


# ---------------------------------------------------------------------- steps


def _opened(world: World, chance: random.Random) -> Path | None:
    """An open document; one is opened when none is, and now and then."""
    opened = sorted(world.editor.buffers)
    if not opened or (len(opened) < 6 and chance.random() < 0.25):
        _open(world, chance)
        opened = sorted(world.editor.buffers)
    return chance.choice(opened) if opened else None


def _open(world: World, chance: random.Random) -> None:
    closed = [path for path in world.files() if path not in world.editor.buffers]
    if closed:
        path = chance.choice(closed)
        world.editor.open(path, path.read_text(encoding="utf-8"))


def _type(world: World, path: Path, at: int, text: str, chance: random.Random) -> None:
    """Type ``text`` in portions of a few keys, so that the text is broken on the way."""
    world.edited = path
    while text:
        count = chance.randrange(1, 9)
        world.editor.edit(path, at, at, text[:count])
        at, text = at + min(count, len(text)), text[count:]


def _add_member(world: World, chance: random.Random) -> None:
    path = _opened(world, chance)
    if path is None:
        return
    text = world.editor.buffers[path].text
    heads = [m.end() for m in re.finditer(r"^class .*:\n", text, re.MULTILINE)]
    words = Words(chance)
    name = words.verb()
    if heads and chance.random() < 0.7:
        body = f"    def {name}(self, {words.noun()}: int = 1) -> str:\n        return ''\n\n"
        _type(world, path, chance.choice(heads), body, chance)
    else:
        _type(
            world, path, len(text), f"\n\ndef {name}({words.noun()}: int = 0) -> str: ...\n", chance
        )


def _rename_name(world: World, chance: random.Random) -> None:
    path = _opened(world, chance)
    if path is None:
        return
    text = world.editor.buffers[path].text
    found = [*re.finditer(r"(?:def|class) (\w+)|^ *(\w+)(?:: \w+)? = ", text, re.MULTILINE)]
    if not found:
        return
    match = chance.choice(found)
    group = 1 if match[1] else 2
    name, new = match[group], match[group] + chance.choice("xyz")
    world.edited = path
    if chance.random() < 0.6:
        world.editor.edit(path, match.start(group), match.end(group), new)
    else:  # everywhere in the file
        for use in reversed([*re.finditer(rf"\b{name}\b", text)]):
            world.editor.edit(path, use.start(), use.end(), new)


def _delete_lines(world: World, chance: random.Random) -> None:
    path = _opened(world, chance)
    if path is None:
        return
    lines = world.editor.buffers[path].text.splitlines(keepends=True)
    if not lines:
        return
    first = chance.randrange(len(lines))
    start = sum(map(len, lines[:first]))
    end = start + sum(map(len, lines[first : first + chance.randrange(1, 4)]))
    world.edited = path
    world.editor.edit(path, start, end, "")


def _break_text(world: World, chance: random.Random) -> None:
    path = _opened(world, chance)
    if path is None:
        return
    at = chance.randrange(len(world.editor.buffers[path].text) + 1)
    _type(
        world, path, at, chance.choice(["(", '"""', "class ", "\n  x", "]", "é", "\t", "."]), chance
    )


def _half_a_pair(world: World, chance: random.Random) -> None:
    """Half of a surrogate pair stands in the text for a moment, as a client may send it."""
    path = _opened(world, chance)
    if path is None:
        return
    size = len(world.editor.buffers[path].text)
    world.editor.edit(path, size, size, "# \ud83d")
    others = [one for one in world.editor.buffers if one != path]
    if others:
        document = {"textDocument": {"uri": chance.choice(sorted(others)).as_uri()}}
        world.editor.begin("textDocument/diagnostic", document)
    world.editor.edit(path, size, size + 3, "")


def _use(world: World, chance: random.Random) -> None:
    """Use something of another file."""
    path = _opened(world, chance)
    if path is None:
        return
    texts = world.texts()
    source = chance.choice(sorted(p for p in texts if p.suffix == ".py"))
    module = ".".join(source.relative_to(world.root).with_suffix("").parts).removesuffix(
        ".__init__"
    )
    classes = re.findall(r"^class (\w+)", texts[source], re.MULTILINE)
    members = re.findall(r"^    def (\w+)|^    (\w+)[:=]", texts[source], re.MULTILINE)
    functions = re.findall(r"^def (\w+)", texts[source], re.MULTILINE)
    end = len(world.editor.buffers[path].text)
    if classes and members:
        name = chance.choice(["".join(each) for each in members])
        used = chance.choice(classes)
        line = (
            f"\nfrom {module} import {used}\n\n\ndef f(a: {used}) -> None:\n    print(a.{name})\n"
        )
    elif functions:
        name = chance.choice(functions)
        line = f"\nimport {module}\n\nprint({module}.{name}(1))\n"
    else:
        line = f"\nimport {module}\n\nprint({module}.nothing)\n"
    _type(world, path, end, line, chance)


def _save(world: World, chance: random.Random) -> None:
    path = _opened(world, chance)
    if path is None:
        return
    kind = _CHANGED if path.exists() else _CREATED
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(world.editor.buffers[path].text, encoding="utf-8")
    world.editor.saved(path)
    world.tell([(path, kind)], draw_telling(chance))


def _close(world: World, chance: random.Random) -> None:
    if world.editor.buffers:
        world.editor.close(chance.choice(sorted(world.editor.buffers)))


def _undo(world: World, chance: random.Random) -> None:
    path = _opened(world, chance)
    if path is not None and path.is_file():
        world.edited = path
        world.editor.replace(path, path.read_text(encoding="utf-8"))


def _create(world: World, chance: random.Random) -> None:
    folder = chance.choice(["", "shop/", "shop/util/", "shop/new/"])
    path = world.root / f"{folder}made_{chance.randrange(4)}.py"
    name = Words(chance).verb()
    body = f"class Made(Base):\n    def {name}(self) -> int:\n        return 1\n"
    text = f"from shop.base import Base\n\n\n{body}"
    if path in world.editor.buffers:
        return
    if chance.random() < 0.4:  # not on disk before it is saved
        world.editor.open(path, text)
    else:
        world.write(path, text, draw_telling(chance))


def _rewrite(world: World, chance: random.Random) -> None:
    """Another program writes a file: in place, as another file in its place, or with the times and
    the size that it had."""
    path = chance.choice(world.files())
    text = path.read_text(encoding="utf-8")
    names = re.findall(r"(?:def|class) (\w\w+)", text)
    if names:
        name = chance.choice(names)
        text = re.sub(rf"\b{name}\b", name[:-1] + chance.choice("qjw"), text)
    told, way = draw_telling(chance), chance.choice(["in place", "replaced", "same times"])
    before = path.stat()
    if way == "in place":
        path.write_text(text, encoding="utf-8")
    else:
        new = path.with_suffix(".tmp")
        new.write_text(text, encoding="utf-8")
        if way == "same times":
            os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
        new.replace(path)
    world.tell([(path, _CHANGED)], told)
    _reload(world, path, chance)


def _reload(world: World, path: Path, chance: random.Random) -> None:
    """Most editors take over what changed on disk where nothing is unsaved."""
    if path in world.editor.buffers and path.is_file() and chance.random() < 0.7:
        world.editor.replace(path, path.read_text(encoding="utf-8"))


def _delete(world: World, chance: random.Random) -> None:
    path = chance.choice(world.files())
    if chance.random() < 0.2 and path.parent != world.root:
        path = path.parent
    _close_below(world, path, chance)
    if len(world.files()) > 4:
        world.remove(path, draw_telling(chance))


def _close_below(world: World, path: Path, chance: random.Random) -> None:
    if chance.random() < 0.7:
        for each in [p for p in world.editor.buffers if p.is_relative_to(path)]:
            world.editor.close(each)


def _move(world: World, chance: random.Random) -> None:
    """Rename or move a file or a folder; documents go with it."""
    path = chance.choice(world.files())
    if chance.random() < 0.3 and path.parent != world.root:
        path = path.parent
        new = path.with_name(path.name + chance.choice("abc"))
    else:
        folder = chance.choice([world.root, world.root / "shop", path.parent])
        new = folder / f"{path.stem}{chance.choice(['', '_a', '_b'])}{path.suffix}"
    if new.exists() or not new.parent.is_dir() or new.is_relative_to(path):
        return
    old = [p for p in ([path] if path.is_file() else path.rglob("*")) if p.is_file()]
    moved = {p: new / p.relative_to(path) if p != path else new for p in old}
    shown = {p: world.editor.buffers[p].text for p in old if p in world.editor.buffers}
    for each in shown:
        world.editor.close(each)
    path.rename(new)
    events = [(p, _DELETED) for p in old] + [(p, _CREATED) for p in moved.values()]
    world.tell(events, draw_telling(chance))
    for each, text in shown.items():
        world.editor.open(moved[each], text)


def _switch_branch(world: World, chance: random.Random) -> None:
    """Many files change at once: to a branch made now, or to one that was there before."""
    here = {str(p.relative_to(world.root)): p.read_text(encoding="utf-8") for p in world.files()}
    if len(world.branches) < 3 and chance.random() < 0.5:
        there = generate(chance)
        there.pop("pyproject.toml")
    else:
        there = world.branches[chance.randrange(len(world.branches))]
    world.branches.append(here)
    told = draw_telling(chance)
    for name in sorted(here.keys() - there.keys()):
        world.remove(world.root / name, told)
    for name, text in sorted(there.items()):
        if here.get(name) != text:
            world.write(world.root / name, text, told)
    for path in list(world.editor.buffers):
        if not path.is_file() and chance.random() < 0.7:
            world.editor.close(path)
        else:
            _reload(world, path, chance)


def _edit_project(world: World, chance: random.Random) -> None:
    lines = ["[project]", 'name = "shop"', 'version = "1"', "", "[tool.pilotfish]"]
    if chance.random() < 0.6:
        codes = chance.choice(["PF101", "PF102", "PF103"])
        name = chance.choice(["main.py", "shop/*.py", "test_*.py"])
        lines += ["[tool.pilotfish.per-file-ignores]", f'"{name}" = ["{codes}"]']
    text = "\n".join(lines) + chance.choice(["\n", "\n", "\n[broken"])
    world.write(world.root / "pyproject.toml", text, draw_telling(chance))


def _configure(world: World, chance: random.Random) -> None:
    world.diagnostics = chance.random() < 0.7
    options = {"ruff": False, "debounceMs": 0, "enabled": world.diagnostics}
    world.editor.configure({"diagnostics": options})


def _package(world: World, chance: random.Random) -> None:
    if not world.site_packages.is_dir():
        world.make_environment()
    if chance.random() < 0.3:
        world.uninstall(draw_telling(chance))
    else:
        world.install(chance.randrange(1, 5), draw_telling(chance))


def _environment(world: World, chance: random.Random) -> None:
    """Make ``.venv`` anew, with the package or without; now and then leave none."""
    told = draw_telling(chance)
    if (world.root / ".venv").exists():
        world.remove(world.root / ".venv", told)
    if chance.random() < 0.8:
        world.make_environment()
        world.tell([(world.root / ".venv" / "pyvenv.cfg", _CREATED)], told)
        if chance.random() < 0.7:
            world.install(chance.randrange(1, 5), told)


#: Steps by name: how often, and what is done.
STEPS: dict[str, tuple[int, Callable[[World, random.Random], None]]] = {
    "add member": (14, _add_member),
    "rename name": (10, _rename_name),
    "delete lines": (6, _delete_lines),
    "break text": (6, _break_text),
    "half a pair": (1, _half_a_pair),
    "use": (10, _use),
    "save": (10, _save),
    "open": (6, _open),
    "close": (5, _close),
    "undo": (4, _undo),
    "create": (4, _create),
    "rewrite": (6, _rewrite),
    "delete": (2, _delete),
    "move": (4, _move),
    "switch branch": (2, _switch_branch),
    "edit project": (2, _edit_project),
    "configure": (1, _configure),
    "package": (4, _package),
    "environment": (2, _environment),
}


def draw_steps(chance: random.Random, count: int) -> list[tuple[str, int]]:
    """The steps of a session: kinds and seeds."""
    kinds = chance.choices(list(STEPS), [weight for weight, _ in STEPS.values()], k=count)
    return [(kind, chance.randrange(1 << 30)) for kind in kinds]
