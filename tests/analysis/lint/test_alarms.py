"""Code that works and was once reported, each beside a mistake of the kind that still must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.lint.invented import look
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from tests.analysis.lint.conftest import Look, environment

#: Lines that end in ``#!`` must be reported, the others not.
CASES = {
    "a class known only as that of something that is not known": """\
import json
def made(a):
    if a:
        return a
    return json.loads(a)
P = type(made(''))
def given() -> P: ...
def f(a: P, b: P[str], c: str):
    a.findall, b.findall, given().findall, type(made('')).findall
    c.findall  #!
""",
    "super of another class": """\
class A:
    def __init__(self, languages): ...
class B(A):
    def __init__(self):
        super(A, self).__init__()
        super(B, self).__init__()  #!
        super().__init__()  #!
""",
    "keywords that only the stub of the standard library lists": """\
import logging, subprocess
log = logging.getLogger()
log.error('x', exc_info=True)
log.error('x', exc_inf=True)  #!
logging.info('x', exc_inf=True)  #!
subprocess.run(['x'], cwd='.', text=True, pipesize=3)
subprocess.run(['x'], cwdd='.')  #!
subprocess.check_output(['x'], text=True, timeout=3, inputt=3)  #!
def handed(**kw): return open('x', **kw)
handed(x=1)
""",
    "a type variable that nothing stands for": """\
from typing import Generic, TypeVar, AnyStr
class Config:
    def plain(self): ...
class More(Config):
    def more(self): ...
    def more2(self): ...
C = TypeVar("C", bound=Config)
class Builder(Generic[C]):
    def __init__(self, made: C):
        self.made = made
    @property
    def config(self) -> C: ...
    def own(self):
        self.config.plain()
class Of(Builder[More]):
    def f(self):
        self.config.more()
        self.config.less()  #!
class Sub(Builder):
    def f(self):
        self.config.more()
        self.made.more2()
def g(x: C) -> C:
    x.wrong()  #!
    return x
def h(x: AnyStr) -> AnyStr: ...
def k(y): h(y).wrong()  #!
g(More()).more()
g(More()).less()  #!
""",
    "super of several bases": """\
import json
Unknown = json.loads('')
class A:
    def known(self): ...
class B:
    def __init__(self, x): ...
    def both(self, x, y): ...
class C(A, B):
    def __init__(self, z):
        super().__init__(z)
        super().__init__(z, z)  #!
        super().both(1, 2)
        super().both(1)  #!
        super().missing(1)  #!
class D(Unknown, A):
    def __init__(self, z):
        super().__init__(z)
        super().unknown(1)
""",
    "a decorator that gives back its class": """\
class tagged:
    def __init__(self, *names):
        self.names = names
    def __call__(self, ob):
        ob.__tags__ = self.names
        return ob
class remade:
    def __call__(self, ob):
        return type(ob.__name__, (ob,), {})
def begins(cls):
    old = cls.__init__
    cls.__init__ = lambda self, x, y: old(self, x)
    return cls
@tagged(1)
class A:
    def __init__(self, x):
        self.x = self.nowhere  #!
A(1).y  #!
A(1, y=2)  #!
A(1, 2)  #!
@remade()
class B:
    def __init__(self, x): ...
B(1, 2).y
@begins
class C:
    def __init__(self, x): ...
C(1, 2), C(1, y=2)
""",
    "elements that a condition chooses": """\
class Base: ...
class Sub(Base):
    def go(self): ...
def f(items: list[Base]):
    chosen = [x for x in items if isinstance(x, Sub)]
    chosen[0].go()
    for one in {x for x in items if hasattr(x, 'go')}:
        one.go()
    items[0].go()  #!
""",
    "a view of a dictionary that is written out": """\
{1: 'a'}.items().isdisjoint([])
(1, 'a').isdisjoint([])  #!
""",
    "a base class whose stub has another name": """\
import socket
socket.socket().fileno()
socket.socketpair()[0].recv(1)
socket.socket().nothing  #!
""",
    "operands of which one is not known": """\
class Base: ...
def f(u):
    (2 ** -1).hex()
    (Base() | u).foo, (u % 3).foo
    (2 + 1).hex()  #!
""",
    "the parts of what is unpacked with a star": """\
a, *b, c = (1, 'x', b'y', [])
c.append(b[0].upper())
for n, *o in [(1, 'a', b'')]:
    n.bit_length(), o[0].upper(), o[1].hex()
d, e = 1, 'x'
e.append(1)  #!
""",
    "a slice of a list that was added up": """\
def f(a):
    both = [x for x in a.split('/') if x] + ['index']
    both[:].append(1)
    both[:].push(1)  #!
""",
    "a text that was added up": """\
def f(a, b):
    text = "{}"
    text += " {} {} {}"
    text.format(a, b, a, b)
    text.formats(a)  #!
""",
    "one way to call it is deprecated": """\
import shlex, inspect
def f(a: str):
    shlex.split(a)
    inspect.getcallargs(f, a)  #!
""",
    "behind a test of the version that is left": """\
import sys, threading
def ident():
    if sys.version_info >= (3, 3):
        return threading.get_ident()
    return threading._get_ident()
def other():
    if sys.version_info >= (3, 3):
        print(1)
    return threading._get_ident()  #!
""",
    "what is done where something is missing": """\
import json
try:
    from json import dumpb
except ImportError:
    from json.other import dumps as dumpb
except OSError:
    from json.other import dumpd  #!
""",
    "an item among the targets of an assignment": """\
def f(found: list[str]):
    latest = {}
    for one in found:
        before, latest[one] = latest.get(one), one
        print(before)
    latest.pop('a')
    latest.items()
    one.items()  #!
""",
    "methods that are declared as they are called": """\
class Interface: ...
class Receiver(Interface):
    def began(size): ...
    def ended(): ...
class Plain:
    def began(self, size): ...
def f(a: Receiver, b: Plain):
    a.began(1)
    a.ended()
    a.began(1, 2)  #!
    b.began(1)
    b.began(1, 2)  #!
""",
    "a method that a subclass takes more by": """\
class Base:
    def start(self, method=None): ...
    def stop(self, method=None): ...
    def go(self):
        self.start('a', force=True)
        self.start('a', True)
        self.stop('a', True)  #!
class Middle(Base): ...
class Last(Middle):
    def start(self, method=None, force=False): ...
    def stop(self, method=None): ...
    def go(self):
        self.stop('a', force=True)  #!
""",
    "behind tests that did not hold": """\
def f(a):
    if isinstance(a, str):
        a.uppers  #!
    elif a.fly:
        pass
    elif isinstance(a, list):
        a.push  #!
    else:
        type(a)._fields_, a.fields
""",
    "a dictionary of more than it is made of": """\
def f(more, name: str):
    own = {'x': 'y'}
    own['x'].update({})  #!
    own.setdefault('k', {}).update({})
    own.setdefault('k', {}).updates({})
    given = dict({'x': 'y'}, **more)
    given.setdefault('k', {}).update({})
    given['k'].update({}), given.copy().items()
    given.foo  #!
    dict({'x': 'y'}, z=1)['z'].bit_length()
    later = dict({'x': 'y'})
    later['k'] = {}
    later['k'].update({})
    dict({'x': 'y'})['x'].update({})  #!
""",
    "a method of what an assertion says to be more": """\
class Plain:
    def set(self, value): ...
class Many(Plain):
    def set(self, value, adapt=True): ...
def is_many(a): ...
def given() -> Plain: ...
def f(b: Plain):
    a = given()
    assert is_many(a)
    a.set(1, adapt=False)
    b.set(1, adapt=False)  #!
def g(a: Plain):
    if not isinstance(a, Many):
        raise TypeError
    a.set(1, False)
def h(a: Plain):
    a.set(1, False)  #!
""",
    "what a file gives to others is not of a text": """\
def f(a, b: str, c: ValueError):
    a.late = a.line = 1
    b.late  #!
    c.line
    'x'.line  #!
    [].late  #!
""",
    "a choice by the version in an expression": """\
import sys
PY3 = sys.version_info >= (3, 0)
a = sys.maxsize if PY3 else sys.maxint
b = sys.version_info < (3,) and sys.maxlong
c = sys.maxsize if a else sys.maxtext  #!
d = sys.version_infos  #!
e = [sys.platforms, sys.platform]  #!
""",
    "privates of a base class that a stub leaves out": """\
import configparser
class P(configparser.ConfigParser):
    def go(self, file):
        self._read(file, 'name')
        self._raed(file, 'name')  #!
""",
    "slices": """\
def f(data: bytes, m: memoryview, some: tuple[int, ...], mixed: tuple[int, str], n: int):
    data[:4].decode()
    data[n:].decodes()  #!
    data[0].decode()  #!
    m[:1].tobytes()
    some[:2].count(1), some[:2][0].bit_length()
    mixed[n:][0].upper(), mixed[n:].count(1)
    mixed[n:][0].decode()  #!
    (1, 'a')[n:][0].upper()
    [1, 'a'][n:][0].decode()  #!
""",
    "a target beside an item": """\
import asyncio
def f(**kwargs):
    kwargs['x'] = loop = asyncio.new_event_loop()
    loop.run_forever()
    loop.items()  #!
    other = kwargs['y'] = asyncio.new_event_loop()
    other.items()  #!
""",
    "a copy that is declared to be of the class that copies": """\
class Base:
    def copy(self) -> 'Base': ...
    @staticmethod
    def other() -> 'Base': ...
class Sub(Base):
    def only(self): ...
    def go(self):
        self.copy().only()
        self.copy().lonely()  #!
        self.other().only()  #!
Base().copy().only()  #!
Sub().copy().only()
""",
    "super of a class within another": """\
class Base:
    def __init__(self, a, b, c): ...
class Outer(Base):
    class Base:
        def __init__(self): ...
    class Inner(Base):
        def __init__(self):
            super().__init__()
            super().__init__(1)  #!
    def __init__(self):
        super().__init__(1, 2, 3)
        class Local(Outer.Inner):
            def __init__(self, x):
                super().__init__()
                super().__init__(x)  #!
class Heir(Outer):
    class Inner(Outer.Inner):
        def __init__(self):
            super().__init__()
""",
    "attributes that the classes with a mixin bring": """\
class Mixin:
    def show(self):
        return self.name, self.helper()
class Named(Mixin):
    def __init__(self):
        self.name = 1
    def helper(self):
        return self.nam  #!
Named()
""",
    "a TypedDict of a TypedDict": """\
from typing import NamedTuple, TypedDict
class A(TypedDict, total=False):
    x: int
class B(A, total=False):
    y: int
class C(B, totals=False):  #!
    z: int
B(x=1, y=2)
B(x=1, z=2)  #!
C(x=1, y=2, z=3)
class P(NamedTuple):
    x: int
class Q(P):
    y: int = 1
Q(x=1)
Q(x=1, y=2)  #!
""",
    "the branch of a stub for this version": """\
import types
types.CodeType(0, 0, 0, 0, 0, 0, b'', (), (), '', '', '', 0, b'', b'')  #!
def f(x):
    return types.CodeType(x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x)
""",
}


@pytest.mark.parametrize("case", CASES)
def test_what_works_is_not_reported(look_at: Look, case: str) -> None:
    lines = CASES[case].splitlines()
    marked = [number for number, line in enumerate(lines) if line.endswith("#!")]
    found = {finding.line for finding in look_at(CASES[case]).findings}
    assert sorted(found) == marked


BASE = """\
class Key:
    def __init__(self, data=None): ...
    @classmethod
    def load(cls, path):
        return cls(filename=path)
    @classmethod
    def kinds(cls):
        return [cls.kind]
    def go(self):
        return self.write(1, 2)
    def write(self, text): ...
"""


def test_what_a_subclass_elsewhere_brings_is_left_to_it(
    tmp_path: Path, provider: ReferenceProvider
) -> None:
    package = tmp_path / "keys"
    package.mkdir()
    (package / "__init__.py").write_text("")
    snapshot = Snapshot(str(package / "key.py"), BASE, Workspace(str(tmp_path)))

    def lines() -> list[int]:
        return [finding.line for finding in look(snapshot, provider).findings]

    assert lines() == [4, 7, 9]
    (package / "other.py").write_text("class Other(Lock):\n    kind = filename = write = 1\n")
    assert lines() == [4, 7, 9]
    (package / "rsa.py").write_text(
        "from .key import Key\n\n\nclass Rsa(Key):\n    kind = 'rsa'\n\n"
        "    def __init__(self, data=None, filename=None): ...\n"
    )
    assert lines() == [9]
    assert str(package / "rsa.py") in look(snapshot, provider).reads.files


def test_of_an_installed_package_only_the_installed_version_counts(
    tmp_path: Path, provider: ReferenceProvider
) -> None:
    # jedi carries stubs of Django, which describe another version.
    environment(tmp_path, "django", "def setup(*, quickly): ...\n\n\nADDED = 'x'\n", "99.0")
    text = "import django\ndjango.setup(quickly=1)\ndjango.ADDED\ndjango.setup(set_prefix=1)\n"
    found = look(Snapshot(str(tmp_path / "app.py"), text, Workspace(str(tmp_path))), provider)
    assert [(f.line, f.code) for f in found.findings] == [(3, "PF104")]


def test_nothing_is_said_of_how_a_class_behind_a_type_variable_is_called(look_at: Look) -> None:
    # Of an unnarrowed ``type[T]`` jedi knows only the class ``TypeVar`` itself.
    source = (
        "from typing import TypeVar\n\nT = TypeVar('T')\n\n\nclass Base: ...\n\n\n"
        "def made(cls: type[T], size: int) -> T:\n"
        "    if size:\n        return cls(other=4)\n"
        "    if not issubclass(cls, Base):\n        return cls(other=5)\n"
        "    return cls(build=6)\n"
    )
    assert look_at(source).findings == ()
