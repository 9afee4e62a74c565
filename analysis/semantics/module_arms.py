"""Modules as receivers: their names come from the module index, which knows what it misses."""

from __future__ import annotations

from dataclasses import replace

from analysis.environments.environment import Environment
from analysis.environments.roots import import_roots
from analysis.semantics import module_finder
from analysis.semantics.import_holes import listing
from analysis.semantics.receiver import Arm, ArmKind
from analysis.snapshot import Snapshot


def relisted(arm: Arm, snapshot: Snapshot, environment: Environment) -> Arm:
    """``arm`` with the index' names and doubt, where it is a module; else ``arm`` itself."""
    if arm.kind is not ArmKind.MODULE:
        return arm
    roots = import_roots(snapshot.path, snapshot.workspace, environment)
    module = module_finder.find(tuple(arm.module.split(".")), roots, environment)
    if module is None:
        return replace(arm, doubt="the module was not found on the import path")
    seen = listing(module, snapshot, environment)
    names = dict(arm.names)
    for name, known in seen.names.items():
        names.setdefault(name, (known.kind, known.origin))
    return replace(arm, names=names, doubt=seen.doubt)
