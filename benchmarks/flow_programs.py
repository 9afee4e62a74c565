"""Programs that hold every construct of the language, written at random.

Each function takes ``d`` (:class:`~benchmarks.flow_runs.Dice`): conditions, loop counts and
exceptions all come from it.
"""

from __future__ import annotations

import random

PRELUDE = """\
class Swallow:
    def __init__(self, d):
        self.d = d
    def __enter__(self):
        return self.d
    def __exit__(self, kind, value, trace):
        return kind is not None and issubclass(kind, Exception) and self.d.calm(2) == 0
    async def __aenter__(self):
        return self.d
    async def __aexit__(self, kind, value, trace):
        return self.__exit__(kind, value, trace)
class Items:
    def __init__(self, n):
        self.n = n
    def __aiter__(self):
        return self
    async def __anext__(self):
        if self.n <= 0:
            raise StopAsyncIteration
        self.n -= 1
        return self.n
def same(f):
    return f
shared = 0
"""
NAMES = ("a", "b", "c", "x", "y")
ERRORS = ("KeyError", "ValueError", "OSError")


class Writer:
    """Writes one module of ``functions`` functions."""

    def __init__(self, seed: int, functions: int) -> None:
        self._random = random.Random(seed)
        self._lines: list[str] = []
        self._kind = "def"
        self._loops = 0
        self._in_finally = 0
        self._unique = 0
        for number in range(functions):
            self._function(number)
        self.text = PRELUDE + "\n".join(self._lines) + "\n"

    def _function(self, number: int) -> None:
        self._kind = ("def", "def", "def", "generator", "async def")[number % 5]
        word = "async def" if self._kind == "async def" else "def"
        self._write(0, f"{word} f{number}(d, a=1, *b, c=2, **x):")
        if self._random.random() < 0.3:
            self._write(1, "global shared")
        for _ in range(self._random.randint(3, 6)):
            self._statement(1, 3)
        if self._kind == "generator":
            self._write(1, f"{self._name()} = yield {self._value()}")
        self._write(1, f"return {self._value()}")

    def _write(self, depth: int, text: str) -> None:
        self._lines.append("    " * depth + text)

    def _name(self) -> str:
        return self._random.choice(NAMES)

    def _value(self, deep: int = 2) -> str:
        """An expression that may raise, read names, bind names and take branches."""
        pick = self._random.randrange(14 if deep else 4)
        match pick:
            case 0:
                return str(self._random.randrange(3))
            case 1 | 2:
                return self._name()
            case 3:
                return "d(3)"
            case 4:
                return f"({self._name()} := {self._value(deep - 1)})"
            case 5:
                return f"({self._value(deep - 1)} and {self._value(deep - 1)})"
            case 6:
                return f"({self._value(deep - 1)} or {self._value(deep - 1)})"
            case 7:
                return f"(d() == {self._name()} != {self._value(deep - 1)} in (d, 1))"
            case 8:
                return f"({self._value(deep - 1)} if {self._value(0)} else {self._value(deep - 1)})"
            case 9:
                name = self._name()
                return f"[{name} for {name} in range(d(3)) if {self._value(0)} or True]"
            case 10:
                return f"sum({self._name()} is d for z in range(d(3)))"
            case 11:
                name = self._name()
                return f"(lambda {name}={self._value(0)}: ({name}, {self._name()}))()"
            case 12:
                return f"{{q: {self._name()} for q in range(2)}}"
            case _:
                return f"(not {self._value(deep - 1)})"

    def _condition(self) -> str:
        first = self._random.choice(("d()", "d(3)", "not d()"))
        match self._random.randrange(5):
            case 0:
                return f"{first} and {self._value(1)}"
            case 1:
                return f"{first} or {self._value(1)}"
            case 2:
                return f"({self._name()} := {first})"
            case _:
                return first

    def _block(self, depth: int, deep: int) -> None:
        for _ in range(self._random.randint(1, 3)):
            self._statement(depth, deep)

    def _loop(self, depth: int, deep: int) -> None:
        self._loops += 1
        kept, self._in_finally = self._in_finally, 0
        self._block(depth, deep)
        self._loops -= 1
        self._in_finally = kept

    def _statement(self, depth: int, deep: int) -> None:
        simple = [
            self._assign, self._assign, self._assign, self._augment, self._delete, self._expression,
            self._raise, self._assert, self._unpack, self._import, self._item, self._annotated,
            self._silent,
        ]  # fmt: skip
        if self._loops and not self._in_finally:
            simple += [self._jump, self._jump]
        if self._random.random() < 0.25:
            simple += [self._return]
        compound = [
            self._if, self._if, self._while, self._for, self._try, self._try, self._groups,
            self._with, self._match, self._nested, self._class, self._forever,
        ]  # fmt: skip
        if self._kind == "async def":
            compound += [self._async_for, self._async_with]
        if self._kind != "def":
            simple += [self._suspend, self._suspend]
        if deep and self._random.random() < 0.55:
            self._random.choice(compound)(depth, deep - 1)
        else:
            self._random.choice(simple)(depth)

    # -- simple statements

    def _assign(self, depth: int) -> None:
        self._write(depth, f"{self._name()} = {self._value()}")

    def _augment(self, depth: int) -> None:
        self._write(depth, f"{self._name()} += d(3)")

    def _delete(self, depth: int) -> None:
        if self._random.random() < 0.5:
            self._write(depth, f"del {self._name()}")
        else:
            self._write(depth, f"{self._name()} = {self._name()}")

    def _expression(self, depth: int) -> None:
        self._write(depth, self._value())

    def _raise(self, depth: int) -> None:
        if self._random.random() < 0.5:
            self._write(depth, f"if {self._condition()}:")
            depth += 1
        cause = f" from {self._name()}" if self._random.random() < 0.2 else ""
        self._write(depth, f"raise {self._random.choice(ERRORS)}(d()){cause}")

    def _assert(self, depth: int) -> None:
        self._write(depth, f"assert {self._condition()}, {self._name()}")

    def _unpack(self, depth: int) -> None:
        self._write(depth, f"{self._name()}, *{self._name()} = d(2), {self._value(1)}, 3")

    def _import(self, depth: int) -> None:
        self._write(depth, f"import string as {self._name()}")

    def _item(self, depth: int) -> None:
        name = self._name()
        self._write(depth, f"{name} = [0, d()]")
        self._write(depth, f"{name}[d(3)] = {self._value(1)}")

    def _annotated(self, depth: int) -> None:
        self._write(depth, f"{self._random.choice('bxy')}: int = {self._value(1)}")

    def _silent(self, depth: int) -> None:
        self._write(
            depth,
            self._random.choice(("pass", "'text'", "...", f"{self._random.choice('bxy')}: int")),
        )

    def _jump(self, depth: int) -> None:
        if self._random.random() < 0.6:
            self._write(depth, f"if {self._condition()}:")
            depth += 1
        self._write(depth, self._random.choice(("break", "continue")))

    def _return(self, depth: int) -> None:
        self._write(depth, f"return {self._value(1)}")

    def _suspend(self, depth: int) -> None:
        if self._kind == "generator":
            self._write(depth, f"{self._name()} = yield {self._value(1)}")
        else:
            self._write(depth, f"{self._name()} = [v async for v in Items(d(3)) if v]")

    # -- compound statements

    def _if(self, depth: int, deep: int) -> None:
        self._write(depth, f"if {self._condition()}:")
        self._block(depth + 1, deep)
        if self._random.random() < 0.3:
            self._write(depth, f"elif {self._condition()}:")
            self._block(depth + 1, deep)
        if self._random.random() < 0.6:
            self._write(depth, "else:")
            self._block(depth + 1, deep)

    def _while(self, depth: int, deep: int) -> None:
        self._write(depth, f"while {self._condition()}:")
        self._ending(depth + 1)
        self._loop(depth + 1, deep)
        self._else(depth, deep)

    def _forever(self, depth: int, deep: int) -> None:
        self._write(depth, "while True:")
        self._ending(depth + 1)
        self._loop(depth + 1, deep)
        self._write(depth + 1, "if d():")
        self._write(depth + 2, "break")

    def _ending(self, depth: int) -> None:
        self._write(depth, "if d.over():")
        self._write(depth + 1, "break")

    def _for(self, depth: int, deep: int) -> None:
        target = self._random.choice(
            (self._name(), f"({self._name()}, {self._name()})", self._name())
        )
        iterable = "zip(range(d(3)), 'ab')" if target[0] == "(" else "range(d(4))"
        self._write(depth, f"for {target} in {iterable}:")
        self._loop(depth + 1, deep)
        self._else(depth, deep)

    def _else(self, depth: int, deep: int) -> None:
        if self._random.random() < 0.4:
            self._write(depth, "else:")
            self._block(depth + 1, deep)

    def _handlers(self, depth: int, deep: int, star: str) -> None:
        for error in self._random.sample(ERRORS, self._random.randint(1, 2)):
            named = f" as {self._name()}" if self._random.random() < 0.5 else ""
            kinds = f"({error}, NameError)" if self._random.random() < 0.3 else error
            self._write(depth, f"except{star} {kinds}{named}:")
            if star:
                loops, self._loops = self._loops, 0
                self._star_block(depth + 1)
                self._loops = loops
            else:
                self._block(depth + 1, deep)
        if not star and self._random.random() < 0.3:
            self._write(depth, "except:" if self._random.random() < 0.5 else "except Exception:")
            self._block(depth + 1, deep)

    def _star_block(self, depth: int) -> None:
        """No jump may leave an ``except*``."""
        for _ in range(self._random.randint(1, 2)):
            self._random.choice((self._assign, self._augment, self._raise, self._expression))(depth)

    def _try(self, depth: int, deep: int) -> None:
        self._write(depth, "try:")
        self._block(depth + 1, deep)
        caught = self._random.random() < 0.75
        if caught:
            self._handlers(depth, deep, "")
            self._else(depth, deep)
        if not caught or self._random.random() < 0.45:
            self._write(depth, "finally:")
            self._in_finally += self._random.random() < 0.7
            self._block(depth + 1, deep)
            self._in_finally = 0

    def _groups(self, depth: int, deep: int) -> None:
        self._write(depth, "try:")
        self._block(depth + 1, deep)
        self._write(depth + 1, "if d():")
        self._write(depth + 2, "raise d.group()")
        self._handlers(depth, deep, "*")
        self._else(depth, deep)
        if self._random.random() < 0.3:
            self._write(depth, "finally:")
            self._block(depth + 1, deep)

    def _with(self, depth: int, deep: int) -> None:
        items = [f"Swallow(d) as {self._name()}"]
        if self._random.random() < 0.3:
            items.append("Swallow(d)")
        self._write(depth, f"with {', '.join(items)}:")
        self._block(depth + 1, deep)

    def _match(self, depth: int, deep: int) -> None:
        one, two = self._random.sample(NAMES, 2)
        subject = f"[d(3), [1, d(3)], {{'k': d(3), 'm': {self._name()}}}, d(4), 'text'][d(5)]"
        self._write(depth, f"match {subject}:")
        cases = [
            "0", f"[{one}, *{two}]", f"{{'k': {one}, **{two}}}", f"int({one}) if {one} > d(3)",
            f"(1 | 2) as {one}", f"{one} if d()", f"str({one}) | [{one}, 0]", "[1, _] | None",
        ]  # fmt: skip
        for case in self._random.sample(cases, self._random.randint(1, 3)):
            self._write(depth + 1, f"case {case}:")
            self._block(depth + 2, deep)
        if self._random.random() < 0.4:
            self._write(depth + 1, f"case {self._random.choice(('_', one))}:")
            self._block(depth + 2, deep)

    def _nested(self, depth: int, deep: int) -> None:
        name = f"g{self._unique}"
        self._unique += 1
        if self._random.random() < 0.3:
            self._write(depth, "@same")
        self._write(depth, f"def {name}(z={self._value(1)}):")
        # A name that the function around binds for certain: it is a parameter.
        outer = self._random.choice(("a", "c"))
        self._write(depth + 1, f"nonlocal {outer}")
        kept = self._kind, self._loops, self._in_finally
        self._kind, self._loops, self._in_finally = "def", 0, 0
        self._block(depth + 1, min(deep, 1))
        self._kind, self._loops, self._in_finally = kept
        self._write(depth + 1, f"{outer} = {self._value(1)}")
        self._write(depth, f"{self._name()} = {name}()")

    def _class(self, depth: int, deep: int) -> None:
        self._write(depth, f"class K{self._unique}:")
        self._unique += 1
        kept = self._kind, self._loops, self._in_finally
        self._kind, self._loops, self._in_finally = "class", 0, 1
        for _ in range(2):
            self._write(depth + 1, f"{self._name()} = {self._name()}")
        self._write(depth + 1, f"if d(): {self._name()} = d(2)")
        self._kind, self._loops, self._in_finally = kept

    def _async_for(self, depth: int, deep: int) -> None:
        self._write(depth, f"async for {self._name()} in Items(d(4)):")
        self._loop(depth + 1, deep)
        self._else(depth, deep)

    def _async_with(self, depth: int, deep: int) -> None:
        self._write(depth, f"async with Swallow(d) as {self._name()}:")
        self._block(depth + 1, deep)
