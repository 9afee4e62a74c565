"""Modules as receivers: their names come from the module index, which knows what it misses."""

from __future__ import annotations

from dataclasses import replace

from analysis.environments.environment import Environment
from analysis.environments.roots import import_roots
from analysis.semantics import module_finder
from analysis.semantics.import_holes import listing
from analysis.semantics.receiver import UnionMember, UnionMemberKind
from analysis.snapshot import Snapshot


def relisted(member: UnionMember, snapshot: Snapshot, environment: Environment) -> UnionMember:
    """``member`` with the index' names and doubt, where it is a module; else ``member`` itself."""
    if member.kind is not UnionMemberKind.MODULE:
        return member
    roots = import_roots(snapshot.path, snapshot.workspace, environment)
    module = module_finder.find(tuple(member.module.split(".")), roots, environment)
    if module is None:
        return replace(member, doubt="the module was not found on the import path")
    seen = listing(module, snapshot, environment)
    names = dict(member.names)
    for name, known in seen.names.items():
        names.setdefault(name, (known.kind, known.origin))
    return replace(member, names=names, doubt=seen.doubt)
