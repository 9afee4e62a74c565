"""Nodes of what lies outside of the project: which package and version they belong to."""

from __future__ import annotations

import sqlite3
import sys

from analysis.environments.distributions import owners_of, standard_library
from analysis.environments.environment import Environment


class Outside:
    """External names as nodes. ``environment`` says what is installed; ``None``: nothing known."""

    def __init__(self, environment: Environment | None) -> None:
        self._environment = environment
        self._packages: dict[str, tuple[str, str]] = {}
        self._ids: dict[str, int] = {}

    def node(self, db: sqlite3.Connection, name: str) -> int:
        """The node of external ``name``, made where it is new (within a transaction)."""
        known = self._ids.get(name)
        if known is not None:
            row = db.execute("SELECT 1 FROM node WHERE id=?", (known,)).fetchone()
            if row is not None:
                return known
        package, version = self.package(name.partition(".")[0])
        row = db.execute("SELECT id FROM node WHERE file=0 AND qualname=?", (name,)).fetchone()
        if row is None:
            row = db.execute(
                "INSERT INTO node(file, qualname, kind, name, qualified_name, signature, "
                "docstring, package, version) VALUES(0, ?, 'EXTERNAL', ?, ?, '', '', ?, ?) "
                "RETURNING id",
                (name, name.rpartition(".")[2], name, package, version),
            ).fetchone()
        number: int = row[0]
        self._ids[name] = number
        return number

    def package(self, top: str) -> tuple[str, str]:
        """The distribution and version of top-level module ``top``; empty where it is unknown."""
        known = self._packages.get(top)
        if known is None:
            known = self._packages[top] = self._find(top)
        return known

    def _find(self, top: str) -> tuple[str, str]:
        environment = self._environment
        if environment is None:
            return "", ""
        if top in sys.stdlib_module_names or top == "builtins":
            return standard_library(environment), environment.version_text
        for folder in environment.site_packages:
            said = owners_of(folder).get(top)
            if said:
                package, _, version = said.rpartition(" ")
                return package, version
        return "", ""
