"""jedi set up for one text: nothing of a workspace is imported, started or believed.

A session holds one parsed text and what jedi inferred about it so far.
"""

from __future__ import annotations

import sys
import sysconfig
from collections import namedtuple
from functools import cache
from pathlib import Path
from typing import Any

import jedi
from jedi.api.environment import _BaseEnvironment
from jedi.inference.compiled import access
from jedi.inference.compiled.subprocess import InferenceStateSameProcess
from jedi.inference.filters import ParserTreeFilter
from jedi.inference.gradual import stub_value, typeshed
from jedi.inference.helpers import infer_call_of_leaf
from parso.utils import split_lines

from analysis.environments.environment import Environment
from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.patches import (
    classes,
    finder,
    functions,
    iterables,
    parsing,
    stdlib,
    syntax_tree,
    typing,
)
from analysis.semantics.jedi_provider.patches.known import require_replaced
from analysis.text import overlay

# Offsets into a text, and parso's positions in it.


def position(text: str, offset: int) -> tuple[int, int]:
    """parso's position of an offset: lines as parso splits them, from 1, columns from 0."""
    before = split_lines(text[:offset])
    return len(before), len(before[-1])


def line_start(text: str, node: Any) -> int:
    """The offset of the line where ``node`` begins; of the text for ``None``."""
    if node is None:
        return 0
    return sum(map(len, split_lines(text, keepends=True)[: node.start_pos[0] - 1]))


#: Versions of Python whose grammar parso knows; others are read with the nearest.
_GRAMMARS = ((3, 10), (3, 14))
_Version = namedtuple("_Version", "major minor micro")


class _Described(_BaseEnvironment):  # type: ignore[misc]
    """An environment known from its description: jedi starts no interpreter for it."""

    def __init__(self, environment: Environment) -> None:
        major, minor, micro = environment.version
        nearest = min(max((major, minor), _GRAMMARS[0]), _GRAMMARS[1])
        self.version_info = _Version(*nearest, micro)
        self.executable = self._start_executable = environment.executable
        self.path = str(Path(environment.executable).parent.parent)
        self._sys_path = list(environment.sys_path)

    def get_inference_state_subprocess(self, inference_state: Any) -> Any:
        return InferenceStateSameProcess(inference_state)

    def get_sys_path(self) -> list[str]:
        return self._sys_path


def prepare(cache_directory: str) -> None:
    """Set jedi up in this process. ``cache_directory`` takes parsed library files.

    Raises :class:`~analysis.errors.AnalysisError` where a change did not take.
    """
    jedi.settings.cache_directory = cache_directory
    # Each of these lets jedi import a module of the workspace or guess from how code is used.
    jedi.settings.auto_import_modules = []
    jedi.settings.dynamic_params = False
    jedi.settings.dynamic_params_for_other_modules = False
    jedi.settings.dynamic_array_additions = False
    jedi.settings.allow_unsafe_interpreter_executions = False
    _change_jedi()


@cache
def _change_jedi() -> None:
    access.load_module = _load_own_module
    # Stubs of third parties that jedi carries describe versions that are not the installed ones.
    typeshed._get_typeshed_directories = _standard_stubs_only
    typeshed.DJANGO_INIT_PATH = typeshed.TYPESHED_PATH / "none"
    # jedi reads socket's stub for _socket, which makes socket.socket its own base class.
    typeshed._IMPORT_MAP = {}
    stub_value.StubFilter._is_name_reachable = _in_stub
    for patch in (
        completeness,
        parsing,
        syntax_tree,
        finder,
        iterables,
        classes,
        functions,
        typing,
        stdlib,
    ):
        patch.install()
    require_replaced()


def _in_stub(self: Any, name: Any) -> bool:
    """Which names of a stub count: all but what it imports without ``as`` (PEP 484).

    jedi hides private ones too, and with them the bases that ``io`` takes from ``_io``.
    """
    if not ParserTreeFilter._is_name_reachable(self, name):
        return False
    definition = name.get_definition()
    if definition is None:
        return False
    imported = definition.type in ("import_from", "import_name")
    return not imported or name.parent.type in ("import_as_name", "dotted_as_name")


def _standard_stubs_only(version_info: Any) -> Any:
    del version_info
    yield typeshed.PathInfo(str(typeshed.TYPESHED_PATH / "stdlib"), False)


_own_load_module = access.load_module


def _load_own_module(inference_state: Any, dotted_name: str, sys_path: Any) -> Any:
    """Import a compiled module, but only of Pilotfish's own standard library."""
    del sys_path
    if dotted_name.partition(".")[0] not in sys.stdlib_module_names:
        return None
    places = sysconfig.get_paths()
    own = [places["stdlib"], str(Path(places["stdlib"], "lib-dynload"))]
    return _own_load_module(inference_state, dotted_name=dotted_name, sys_path=own)


class JediSession:
    """One ``text`` under jedi."""

    def __init__(
        self,
        text: str,
        path: str,
        environment: Environment,
        roots: tuple[str, ...],
        root: str,
        reads: overlay.Reads,
    ) -> None:
        self.text = text
        project = jedi.Project(
            root,
            sys_path=roots,
            smart_sys_path=False,
            load_unsafe_extensions=False,
        )
        self.script = jedi.Script(
            text, path=path or None, project=project, environment=_Described(environment)
        )
        self.state = self.script._inference_state
        #: What inference has read so far, of other files.
        self.reads = reads
        self._held_in: overlay.Overlay | None = None
        self.module_node = self.script._module_node

    def holds(self) -> bool:
        """Whether everything that was read is still so; looked at once for each overlay."""
        files = overlay.files()
        if self._held_in is not files:
            if not self.reads.hold(files):
                return False
            self._held_in = files
        return True

    def renew(self) -> None:
        """Begin a query: jedi's limits count from here."""
        self.state.reset_recursion_limitations()
        self.state.inferred_element_counts.clear()
        completeness.reset()

    def leaf_at(self, line: int, column: int) -> Any:
        """The parso leaf that begins at a 1-based line and 0-based column, or ``None``."""
        # At the border of two leaves parso gives the left one.
        return self.module_node.get_leaf_for_position((line, column + 1), include_prefixes=True)

    def end_at(self, line: int, column: int) -> Any:
        """The leaf that an expression ends with, as :meth:`leaf_at`; ``None`` as well where the
        parser gave the text up and holds all of it in one leaf, of which jedi knows nothing."""
        leaf = self.leaf_at(line, column)
        return None if leaf is None or leaf.type == "error_leaf" else leaf

    def context_of(self, leaf: Any) -> Any:
        """jedi's context of a leaf."""
        return self.script._get_module_context().create_context(leaf)


def infer_receiver(session: JediSession, before_dot: Any) -> Any:
    """The values of the expression that ends with the leaf ``before_dot``."""
    return infer_call_of_leaf(session.context_of(before_dot), before_dot)
