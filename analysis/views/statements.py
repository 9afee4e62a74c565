"""Walks statements: what each evaluates, binds and changes, in order."""

from __future__ import annotations

import ast

from analysis.views.data_flow import DefinitionKind, UseKind
from analysis.views.expressions import ExpressionWalker
from analysis.views.flow import Span
from analysis.views.places import Places
from analysis.views.record import Record
from analysis.views.scopes import FunctionNode, arguments, defaults
from analysis.views.variables import type_parameters


class StatementWalker:
    """Tells a :class:`~analysis.views.record.Record` what statements do.

    ``lazy``: annotations are not evaluated where they stand (PEP 563).
    """

    def __init__(self, record: Record, walk: ExpressionWalker, places: Places, lazy: bool) -> None:
        self.record = record
        self._walk = walk
        self._places = places
        self._lazy_annotations = lazy

    def statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                self._walk.expression(value)
                for target in targets:
                    self._walk.target(target, DefinitionKind.ASSIGNMENT)
            case ast.AugAssign():
                self._augmented(statement)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                if value:
                    self._walk.expression(value)
                    self._walk.target(target, DefinitionKind.ASSIGNMENT)
                elif not isinstance(target, ast.Name):
                    self._walk.children(target)
                if not self._lazy_annotations and self._annotates:
                    self._walk.expression(annotation)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._delete(target)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(statement)
            case ast.ClassDef():
                self._class(statement)
            case ast.Import() | ast.ImportFrom():
                self._import(statement)
            case ast.Raise(exc=exc, cause=cause):
                for part in (exc, cause):
                    if part:
                        self._walk.expression(part)
                self.record.may_raise()
            case _:
                self._walk.children(statement)

    @property
    def _annotates(self) -> bool:
        """Whether annotations of variables are evaluated here: not in functions."""
        return not self.record.variables.is_function(self.record.scope)

    def _augmented(self, statement: ast.AugAssign) -> None:
        target = statement.target
        if isinstance(target, ast.Name):
            self.record.use(target.id, target, self._places.span(target), UseKind.AUGMENTED)
            self._walk.expression(statement.value)
            self.record.may_raise()
            span = self._places.span(target)
            self.record.define(target.id, target, span, DefinitionKind.AUGMENTED)
            return
        self._walk.children(target)
        if isinstance(target, ast.Attribute):
            self._walk.read_path(target)
        self.record.may_raise()
        self._walk.expression(statement.value)
        self.record.may_raise()
        self._walk.change(target)

    def _delete(self, target: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                self.record.use(name, target, self._places.span(target), UseKind.DELETE)
                self.record.may_raise()
                self.record.define(name, ("del", target), None, DefinitionKind.UNBOUND)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for each in targets:
                    self._delete(each)
            case _:
                self._walk.children(target)
                self.record.may_raise()
                self._walk.change(target)

    def _function(self, function: FunctionNode) -> None:
        given = function.args
        for decorator in function.decorator_list:
            self._walk.expression(decorator)
        for default in defaults(given):
            self._walk.expression(default)
        if not self._lazy_annotations:
            with self.record.inside(function, type_parameters(function), deferred=False):
                for argument in arguments(given):
                    if argument.annotation:
                        self._walk.expression(argument.annotation)
                if function.returns:
                    self._walk.expression(function.returns)
        if function.decorator_list:
            self.record.may_raise()
        span = self._places.name(function.name, function)
        self.record.define(function.name, function, span, DefinitionKind.FUNCTION)

    def _class(self, node: ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self._walk.expression(decorator)
        with self.record.inside(node, type_parameters(node), deferred=False):
            for base in node.bases:
                self._walk.expression(base)
            for keyword in node.keywords:
                self._walk.expression(keyword.value)
        self.record.may_raise()
        span = self._places.name(node.name, node)
        self.record.define(node.name, node, span, DefinitionKind.CLASS)

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        for alias in statement.names:
            self.record.may_raise()
            if alias.asname:
                name = alias.asname
                whole = self._places.span(alias)
                start = whole.end_character - len(name)
                span = Span(whole.end_line, start, whole.end_line, whole.end_character)
            else:
                name = alias.name.partition(".")[0]
                begin = self._places.span(alias)
                end = begin.character + len(name)
                span = Span(begin.line, begin.character, begin.line, end)
            self.record.define(name, alias, span, DefinitionKind.IMPORT)
