"""From a snapshot to findings of invented API."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import tree_sitter

from analysis.deadline import Deadline
from analysis.environments.candidates import resolve
from analysis.findings import Edit, Finding, Fix
from analysis.lint.nearest import nearest, similar, unmistakable
from analysis.lint.optional import is_optional
from analysis.lint.rules import RULES, missing_module, rules_for
from analysis.lint.rules.rule import NameVerdict, Site
from analysis.lint.sites import SiteCandidate, candidates, site_of
from analysis.lint.subclasses import subclass_with
from analysis.lint.suppress import unknown_codes, wanted
from analysis.names import Arity, NameSet
from analysis.semantics.provider import SemanticProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.statement import Begin, begins_of
from analysis.syntax.tree import SyntaxTree, parse, too_deep
from analysis.text.overlay import Reads, files, looking_through, noting

#: Time for one site. Most need milliseconds; the first of a file waits until jedi has read the
#: modules that the file stands on, which took up to 5 s on a busy machine.
_SITE_SECONDS = 20.0
#: Real names that a finding offers.
_OFFERED = 3


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a file, or at a part of it, found.

    ``resume`` is the number of the candidate to go on with, negative when the file is done.
    ``reason`` says why the rest was given up, or is empty. ``reads`` is what the answers were read
    from.
    """

    findings: tuple[Finding, ...] = ()
    resume: int = -1
    reason: str = ""
    reads: Reads = field(default_factory=Reads)


def look(
    snapshot: Snapshot,
    provider: SemanticProvider,
    begin: int = 0,
    deadline: Deadline | None = None,
    lines: frozenset[int] | None = None,
) -> Looked:
    """The invented names of ``snapshot`` from its candidate number ``begin`` on, or those of
    some 0-based ``lines``.

    In order of position, without those under ``noqa``. Stops at ``deadline``, but never before one
    candidate is done. Never raises for the user's code. Files are seen as they are at one moment: a
    look at each site whether all that was read still holds took a seventh of the time.
    """
    around = files()
    with looking_through(around if around.stable else snapshot.overlay()):
        return _look(snapshot, provider, begin, deadline, lines)


def _look(
    snapshot: Snapshot,
    provider: SemanticProvider,
    begin: int,
    deadline: Deadline | None,
    lines: frozenset[int] | None,
) -> Looked:
    reading = _read(snapshot.text, snapshot.path, snapshot.workspace, lines)
    reads = provider.reads(snapshot)
    if begin == 0 or reading.reads is not reads:
        reading.forget(reads)
    tree, all_candidates = reading.tree, reading.candidates
    if reading.too_deep:
        return Looked(reason="the code is nested too deeply", reads=reads)
    findings: list[Finding] = []
    if begin == 0:
        findings += unknown_codes(snapshot.path, tree, [rule.CODE for rule in RULES])
    broken, of_heirs = -1, Reads()
    for number in range(begin, len(all_candidates)):
        if number > begin and deadline is not None and deadline.expired():
            of_heirs.add(reads)
            return Looked(wanted(findings, tree), resume=number, reads=of_heirs)
        candidate = all_candidates[number]
        if candidate.key is not None and candidate.key in reading.existing:
            continue
        site = site_of(tree, candidate, reading.begins)
        judges = rules_for(site.hole.kind) if site is not None else ()
        if site is None or not judges or _behind(site, broken, tree):
            continue
        if site.arguments is None and _takes(reading.calls.get(site.hole.receiver), site):
            continue
        if provider.holds(snapshot, site.hole, site.name):
            if candidate.key is not None:
                reading.existing.add(candidate.key)
            continue
        key = candidate.call.key if candidate.call is not None else ""
        if key and key in reading.stable:
            names = reading.stable[key]
        else:
            names = provider.names(snapshot, _asked(site.hole), Deadline.after(_SITE_SECONDS))
            of_heirs.whole = of_heirs.whole and names.reason != "late"
        if candidate.call is not None:
            reading.calls[candidate.call.callee] = names.arity
            if key:
                reading.stable[key] = names
        if candidate.key is not None:
            names = _without_witnesses(names)
            if site.name in names.spellings():
                reading.existing.add(candidate.key)
        for rule in judges:
            verdict = rule.judge(site, names)
            if verdict is None:
                continue
            with noting(of_heirs):
                expected = subclass_with(snapshot, tree, site) or (
                    rule.CODE == missing_module.CODE and _optional(snapshot.workspace, site)
                )
            if expected:
                continue
            findings.append(_finding(snapshot.path, tree, site, names, verdict, rule.CODE))
            if site.hole.kind is HoleKind.IMPORT_MODULE:
                broken = site.hole.end
    of_heirs.add(reads)
    return Looked(wanted(findings, tree), reads=of_heirs)


def _optional(workspace: Workspace, site: Site) -> bool:
    return is_optional(site.name, workspace.root, resolve(workspace))


@dataclass(slots=True, eq=False)
class _Reading:
    """What is kept of a text while it is looked at in parts; old when its ``reads`` are.

    ``existing`` are keys that were found to name real attributes of modules, ``calls`` what the
    calls take whose callees have these spans, ``stable_names`` the same by the text of the callee.
    """

    tree: SyntaxTree
    candidates: tuple[SiteCandidate, ...]
    existing: set[tuple[str, str]] = field(default_factory=set)
    calls: dict[tuple[int, int] | None, Arity | None] = field(default_factory=dict)
    stable: dict[str, NameSet] = field(default_factory=dict)
    reads: Reads | None = None
    too_deep: bool = False
    begins: tuple[Begin, ...] = ()

    def forget(self, reads: Reads) -> None:
        """Begin anew: what was read has changed since."""
        self.reads = reads
        self.existing.clear()
        self.calls.clear()
        self.stable.clear()


@lru_cache(maxsize=2)
def _read(text: str, path: str, workspace: Workspace, lines: frozenset[int] | None) -> _Reading:
    del path, workspace  # what exists differs by them
    tree = parse(text)
    if too_deep(tree):
        return _Reading(tree, (), too_deep=True)
    # To read all of a text only helps where there are many questions.
    begins = () if tree.root.has_error or lines is not None else begins_of(text)
    return _Reading(tree, candidates(tree, lines), begins=begins)


def _asked(hole: Hole) -> Hole:
    """The hole as it is asked about: of a call, only what it takes is wanted, not also every name
    that an argument may begin with."""
    return replace(hole, kind=HoleKind.KEYWORD) if hole.kind is HoleKind.ARGUMENT else hole


def _takes(arity: Arity | None, site: Site) -> bool:
    """Whether one of the signatures of the call that a keyword stands in takes it."""
    if arity is None or site.hole.kind is not HoleKind.KEYWORD:
        return False
    return any(s.any_keyword or site.name in s.keywords for s in arity.signatures)


def _without_witnesses(names: NameSet) -> NameSet:
    """A module's names without those only known from being used there: what they are is read from a
    file, so that being used twice proves nothing. A call's keywords keep theirs: what is called may
    be another class than the one that was found, as a subclass sets it."""
    if names.module is None:
        return names
    real = tuple(name for name in names.names if name.origin != "witness")
    return replace(names, names=real)


def _behind(site: Site, broken: int, tree: SyntaxTree) -> bool:
    """Whether the site hangs on a module that was found missing, further left in its statement."""
    if broken < 0 or site.hole.kind not in (HoleKind.IMPORT_MODULE, HoleKind.IMPORT_MEMBER):
        return False
    between = tree.text[broken : site.hole.start]
    if site.hole.kind is HoleKind.IMPORT_MODULE:
        return between.strip() == "."
    return "import" in between.split() and not {"from", ";"} & set(between.split())


def _is_called(tree: SyntaxTree, site: Site) -> bool:
    return tree.text[site.hole.end : site.hole.end + 1] == "("


def _imported_beside(tree: SyntaxTree, site: Site) -> frozenset[str]:
    """What the import that the site stands in already brings: said twice, it is no fix."""
    if site.hole.kind is not HoleKind.IMPORT_MEMBER or site.renamed:
        return frozenset()
    statement: tree_sitter.Node | None = tree.node_at(site.hole.start)
    while statement is not None and statement.type != "import_from_statement":
        statement = statement.parent
    listed = statement.children_by_field_name("name") if statement is not None else ()
    return frozenset(tree.slice(name) for name in listed if name.type == "dotted_name")


def _finding(
    path: str, tree: SyntaxTree, site: Site, names: NameSet, verdict: NameVerdict, code: str
) -> Finding:
    marked = verdict.begin >= 0
    line, character = tree.lines.position(verdict.begin if marked else site.hole.start)
    end_line, end_character = tree.lines.position(verdict.end if marked else site.hole.end)
    replaceable = site.arguments is None and not site.unassigned
    beside = _imported_beside(tree, site)
    spellings = names.spellings() - beside if replaceable else frozenset()
    close = nearest(site.name, spellings)
    if replaceable:
        real = [name for name in names.names if name.name not in beside]
        others = similar(site.name, real, called=_is_called(tree, site))
        close = tuple(dict.fromkeys((*close, *others)))[:_OFFERED]
    certain = unmistakable(site.name, spellings) if verdict.replace else ""
    fixes = tuple(
        Fix(
            f"Replace with `{other}`",
            (Edit(line, character, end_line, end_character, other),),
            safe=other == certain,
        )
        for other in dict.fromkeys((certain, *close) if certain else close)
    )
    hint = f"; nearest: {', '.join(f'`{fix.edits[0].text}`' for fix in fixes)}" if fixes else ""
    return Finding(
        path,
        line,
        character,
        end_line,
        end_character,
        code,
        verdict.severity,
        verdict.message + hint,
        "pilotfish",
        fixes,
    )
