"""What names and expressions of a project stand for: scopes, imports, classes, calls.

A demand-driven evaluator over the facts of files: nothing is computed that no site asks for, every
answer is kept with the names of other files that it rests on (what must be resolved anew when one
of them changes). Method resolution order is C3; generics keep what they hold; a function's
result is its annotation, else what it returns. Recursion ends in "unknown".
"""

from __future__ import annotations

from analysis.graph.facts import NONE, FactBinding, FactScope, is_open, member
from analysis.graph.resolution import calls, classes
from analysis.graph.resolution.world import (
    ANYTHING,
    BUILTINS,
    END,
    NOTHING,
    UNKNOWN,
    Definition,
    Memo,
    Value,
    Values,
    World,
    reaching,
    union,
)


class Resolver:
    """Answers about one state of a :class:`World`; a new state needs a new resolver."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.memo = Memo()

    def scope(self, file: int, scope: int) -> FactScope:
        """A scope of a file: of its head may be made use; for more see :meth:`inside`."""
        if scope:
            self.memo.need(self.world.keys(file).heads[scope])
        return self.world.interface(file).scopes[scope]

    def inside(self, file: int, scope: int) -> FactScope:
        """A scope of a file, to make use of its names and results."""
        if scope:
            self.memo.need(self.world.keys(file).bodies[scope])
        return self.world.interface(file).scopes[scope]

    def member(self, file: int, scope: int, name: str) -> FactScope:
        """A class of a file, to make use of its member ``name``."""
        scopes = self.world.interface(file).scopes
        if is_open(scopes, scope):
            self.memo.need(f"{file}:{member(scopes[scope], name)}")
            return scopes[scope]
        return self.inside(file, scope)

    # -- modules -----------------------------------------------------------------------

    def module(self, dotted: str, level: int, origin: int) -> Definition | None:
        """The module that an import in ``origin`` names; ``None`` for a relative one not there."""
        if level:
            parts = self.world.module_name(origin).split(".")
            keep = len(parts) - level + (1 if self.world.is_package(origin) else 0)
            if keep < 0 or (keep == 0 and not dotted):
                return None
            dotted = ".".join([*parts[:keep], *([dotted] if dotted else [])])
        self.memo.need("?" + dotted)
        file = self.world.module_named(dotted, origin)
        if file is not None:
            return ("m", file)
        if self.world.is_package_folder(dotted):
            return ("ns", dotted)
        return None if level else ("x", dotted)

    def module_member(self, file: int, name: str) -> tuple[Definition, ...]:
        """What ``name`` of module ``file`` stands for, once the module has been run."""
        self.memo.need(f"{file}:{name}")
        found: tuple[Definition, ...] = self.memo.keep(
            ("mm", file, name), lambda: self._module_member(file, name), ()
        )
        return found

    def _module_member(self, file: int, name: str) -> tuple[Definition, ...]:
        interface = self.world.interface(file)
        bindings = interface.scopes[0].names.get(name)
        if bindings:
            found = self.definitions(file, 0, name, reaching(bindings, interface.blocks, END, 0))
            if found:
                return found
        if self.world.is_package(file):
            dotted = f"{self.world.module_name(file)}.{name}"
            self.memo.need("?" + dotted)
            inner = self.world.module_named(dotted, file)
            if inner is not None and inner != file:
                return (("m", inner),)
            if self.world.is_package_folder(dotted):
                return (("ns", dotted),)
        return self._starred(file, name)

    def _starred(self, file: int, name: str) -> tuple[Definition, ...]:
        outside: tuple[Definition, ...] = ()
        for star in reversed(self.scope(file, 0).stars):
            module = self.module(star.module, star.level, file)
            if module is None or module[0] == "ns":
                continue
            if module[0] == "x":
                continue  # what an outside module exports is not known here
            self.memo.need(f"{module[1]}:*")
            exported = self.scope(module[1], 0).all
            if (
                exported is not None
                if name.startswith("_")
                else exported is None or name in exported
            ):
                if exported is not None and name not in exported:
                    continue
                found = self.module_member(module[1], name)
                if found:
                    return found
        return outside

    def definitions(
        self, file: int, scope: int, name: str, bindings: list[FactBinding]
    ) -> tuple[Definition, ...]:
        """What ``bindings`` of a name make it stand for."""
        found: dict[Definition, None] = {}
        for binding in bindings:
            for definition in self._binding_definitions(file, scope, name, binding):
                found[definition] = None
        return tuple(found)

    def _binding_definitions(
        self, file: int, scope: int, name: str, binding: FactBinding
    ) -> tuple[Definition, ...]:
        if binding.how in ("def", "class"):
            return (("d", file, binding.scope),)
        if binding.how == "import":
            dotted = binding.module
            module = self.module(dotted if binding.member else dotted.partition(".")[0], 0, file)
            return (module,) if module is not None else ()
        if binding.how == "from":
            return self.imported(binding.module, binding.level, binding.member, file)
        return (("v", file, scope, name),)

    def imported(self, module: str, level: int, member: str, file: int) -> tuple[Definition, ...]:
        """What ``from module import member`` in ``file`` gives."""
        home = self.module(module, level, file)
        return () if home is None else self.members(home, member)

    # -- names -------------------------------------------------------------------------

    def name(
        self, file: int, scope: int, name: str, at: int, block: int
    ) -> tuple[tuple[Definition, ...], list[FactBinding], int]:
        """What ``name`` stands for at a place: definitions, the bindings and their scope.

        The scope is ``NONE`` where no scope of the file binds it.
        """
        interface = self.world.interface(file)
        if scope:
            self.memo.need(self.world.keys(file).bodies[scope])
        walk, here = scope, True
        while walk != NONE:
            known = interface.scopes[walk]
            if here and known.kind == "class":
                self.member(file, walk, name)
            if name in known.globals:
                walk, here = 0, False
                known = interface.scopes[0]
            bindings = known.names.get(name)
            if bindings and (known.kind != "class" or here):
                if here:
                    held = reaching(bindings, interface.blocks, at, block) or bindings
                elif known.kind in ("module", "class"):
                    held = reaching(bindings, interface.blocks, END, 0) or bindings
                else:
                    held = [b for b in bindings if b.how not in ("narrow", "del")]
                if walk == 0:
                    self.memo.need(f"{file}:{name}")
                return self.definitions(file, walk, name, held), held, walk
            here = here and known.kind == "comprehension"
            walk = known.parent
        self.memo.need(f"{file}:{name}")
        starred = self._starred(file, name)
        if starred:
            return starred, [], NONE
        if name in BUILTINS:
            return (("x", f"builtins.{name}"),), [], NONE
        return (), [], NONE

    # -- expressions -------------------------------------------------------------------

    def evaluate(self, file: int, scope: int, row: int, at: int, block: int) -> Values:
        """What expression ``row`` may be at a place."""
        if row == NONE:
            return ANYTHING
        entry = self.world.interface(file).expressions[row]
        operator = entry[0]
        if operator == "b":
            return NOTHING if entry[1] == "None" else (("bi", entry[1]),)
        if operator == "n":
            return self._name_values(file, scope, entry[1], at, block)
        found: Values = self.memo.keep(
            ("e", file, scope, row, at, block),
            lambda: calls.evaluate(self, file, scope, entry, at, block),
            ANYTHING,
        )
        return found

    def _name_values(self, file: int, scope: int, name: str, at: int, block: int) -> Values:
        definitions, bindings, home = self.name(file, scope, name, at, block)
        if not definitions:
            return ANYTHING
        groups: list[Values] = []
        for definition in definitions:
            if definition[0] != "v" or definition[1] != file or home == NONE:
                groups.append(self.values(definition))
                continue
            for binding in bindings:
                if binding.how not in ("def", "class", "import", "from"):
                    groups.append(self.bound(file, home, binding))
        return union(*groups)

    def bound(self, file: int, scope: int, binding: FactBinding) -> Values:
        """What ``binding`` of a variable gives it."""
        found: Values = self.memo.keep(
            ("bd", file, scope, binding.at, binding.how, binding.value, binding.scope),
            lambda: self._bound(file, scope, binding),
            ANYTHING,
        )
        return found

    def _bound(self, file: int, scope: int, binding: FactBinding) -> Values:
        if binding.how == "narrow":
            return self.instances(
                self.evaluate(file, scope, binding.value, binding.at, binding.block)
            )
        if binding.how == "param":
            return self._parameter(file, scope, binding)
        if binding.annotation != NONE:
            found = classes.annotated(self, file, scope, binding.annotation)
            if found != ANYTHING or binding.value == NONE:
                return found
        # The right side is evaluated before the name changes.
        return self.evaluate(file, scope, binding.value, binding.at - 1, binding.block)

    def _parameter(self, file: int, scope: int, binding: FactBinding) -> Values:
        function = self.scope(file, scope)
        if binding.annotation != NONE:
            found = classes.annotated(self, file, function.parent, binding.annotation)
            if found != ANYTHING:
                return found
        parent = self.scope(file, function.parent)
        if binding.scope == 0 and function.kind == "function" and parent.kind == "class":
            if function.role == "class":
                return (("c", file, function.parent),)
            if function.role != "static":
                return (("o", file, function.parent),)
        if binding.value == NONE:
            return self._given(file, scope, binding)
        default = self.evaluate(file, function.parent, binding.value, function.at, function.block)
        entry = self.world.interface(file).expressions[binding.value]
        return (
            default if entry[0] == "l" and binding.annotation == NONE else union(default, ANYTHING)
        )

    def _given(self, file: int, scope: int, binding: FactBinding) -> Values:
        """What pytest gives a parameter: the result of the fixture of its name, if it has one."""
        names = self.scope(file, scope).names
        name = next((name for name, held in names.items() if binding in held), "")
        fixture = self.fixture(file, scope, name)
        if fixture is None:
            return ANYTHING
        found = calls.function_result(self, fixture[1], fixture[2], None)
        if self.inside(fixture[1], fixture[2]).yielded:
            return union(*(calls.elements(self, value) for value in found))
        return found

    def fixture(self, file: int, scope: int, name: str) -> Definition | None:
        """The fixture that pytest gives function ``scope`` for its parameter ``name``: of the same
        module, else of the nearest ``conftest``. Looks at modules' own names, not at classes'."""
        function = self.scope(file, scope)
        if function.kind != "function" or not (
            function.name.startswith("test") or self._is_fixture(file, scope)
        ):
            return None
        parts = self.world.module_name(file).split(".")[:-1]
        homes: list[int] = [file]
        for count in range(len(parts), -1, -1):
            module = self.module(".".join([*parts[:count], "conftest"]), 0, file)
            if module is not None and module[0] == "m" and module[1] not in homes:
                homes.append(module[1])
        for home in homes:
            for found in self.module_member(home, name):
                if found[0] == "d" and found[1:] != (file, scope) and self._is_fixture(*found[1:]):
                    return found
        return None

    def _is_fixture(self, file: int, scope: int) -> bool:
        """Whether a decorator of the function is called ``fixture``."""
        rows = self.world.interface(file).expressions
        for row in self.scope(file, scope).decorators:
            entry = rows[rows[row][1]] if rows[row][0] == "c" else rows[row]
            if entry[0] in ("n", "a") and entry[-1] == "fixture":
                return True
        return False

    def instances(self, values: Values) -> Values:
        """Instances of the classes among ``values``."""
        found: list[Value] = []
        for value in values:
            if value[0] == "c":
                found.append(("o", *value[1:]))
            elif value[0] == "x":
                found.append(classes.outside_instance(value[1]))
            elif value[0] == "t":
                for part in value[1]:
                    found += self.instances(part)
            else:
                found.append(UNKNOWN)
        return tuple(dict.fromkeys(found)) or ANYTHING

    def values(self, definition: Definition) -> Values:
        """What a definition is as a value."""
        if definition[0] == "d":
            kind = self.scope(definition[1], definition[2]).kind
            return (("c" if kind == "class" else "f", definition[1], definition[2]),)
        if definition[0] == "v":
            found: Values = self.memo.keep(
                definition, lambda: self._variable(*definition[1:]), ANYTHING
            )
            return found
        return (definition,)

    def _variable(self, file: int, scope: int, name: str) -> Values:
        known = self.scope(file, scope)
        known = (
            self.member(file, scope, name) if known.kind == "class" else self.inside(file, scope)
        )
        blocks = self.world.interface(file).blocks
        bindings = known.names.get(name, [])
        if known.kind in ("module", "class"):
            bindings = reaching(bindings, blocks, END, 0) or bindings
        groups: list[Values] = []
        for binding in bindings:
            if binding.how in ("value", "param"):
                if binding.annotation != NONE:
                    typed = self.bound(file, scope, binding)
                    if UNKNOWN not in typed:
                        return typed
                groups.append(self.bound(file, scope, binding))
        for field in known.fields.get(name, []):
            if field.annotation != NONE:
                typed = classes.annotated(self, file, field.scope, field.annotation)
                if UNKNOWN not in typed:
                    return typed
            groups.append(self.evaluate(file, field.scope, field.value, field.at - 1, field.block))
        return union(*groups)

    # -- members -----------------------------------------------------------------------

    def members(self, value: Value, name: str) -> tuple[Definition, ...]:
        """What attribute ``name`` of ``value`` stands for; nothing where that is not known."""
        kind = value[0]
        if kind == "m":
            return self.module_member(value[1], name)
        if kind == "ns":
            module = self.world.module_named(f"{value[1]}.{name}", 0)
            self.memo.need(f"?{value[1]}.{name}")
            return (("m", module),) if module is not None else ()
        if kind in ("x", "xi"):
            return (("x", f"{value[1]}.{name}"),)
        if kind in ("c", "o"):
            return classes.class_member(self, value[1], value[2], name)
        if kind == "sup":
            return classes.super_member(self, value, name)
        if kind in ("bi", "l"):
            return (("x", f"builtins.{value[1]}.{name}"),) if value[1] in BUILTINS else ()
        if kind == "t":
            return (("x", f"builtins.tuple.{name}"),)
        return ()
