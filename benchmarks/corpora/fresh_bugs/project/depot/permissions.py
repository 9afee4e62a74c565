"""Who may do what: permissions with wildcards, roles that inherit, users and guests."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterable, List, Optional, Set


class Denied(Exception):
    """The user lacks a permission."""


def covers(granted: str, wanted: str) -> bool:
    """Whether ``granted`` (as ``orders:*`` or ``*``) includes ``wanted`` (as ``orders:read``)."""
    if granted == "*":
        return True
    area, _, action = granted.partition(":")
    wanted_area, _, wanted_action = wanted.partition(":")
    return area == wanted_area and action in ("*", wanted_action)


class Role:
    """A named set of permissions; parents' permissions are included."""

    def __init__(
        self, name: str, grants: Iterable[str] = (), parents: Iterable["Role"] = ()
    ) -> None:
        self.name = name
        self.grants: Set[str] = set(grants)
        self.parents: List["Role"] = list(parents)

    def all_grants(self, _seen: Optional[Set[str]] = None) -> FrozenSet[str]:
        """Own and inherited permissions; circles are harmless."""
        seen = set() if _seen is None else _seen
        if self.name in seen:
            return frozenset()
        seen.add(self.name)
        collected = set(self.grants)
        for parent in self.parents:
            collected |= parent.all_grants(seen)
        return frozenset(collected)

    def allows(self, wanted: str) -> bool:
        """Whether the role includes ``wanted``."""
        return any(covers(granted, wanted) for granted in self.all_grants())


class User:
    """Somebody with roles, and single permissions taken away."""

    def __init__(
        self, name: str, roles: Iterable[Role] = (), denied: Iterable[str] = (), active: bool = True
    ) -> None:
        self.name = name
        self.roles = list(roles)
        self.denied = set(denied)
        self.active = active

    def may(self, wanted: str) -> bool:
        """Whether the user has ``wanted``; what is denied wins over what is granted."""
        if not self.active:
            return False
        if any(covers(taken, wanted) for taken in self.denied):
            return False
        return any(role.allows(wanted) for role in self.roles)

    def require(self, wanted: str) -> None:
        """Raise :class:`Denied` unless the user has ``wanted``."""
        if not self.may(wanted):
            raise Denied(f"{self.name} may not {wanted}")


class Guest(User):
    """Nobody in particular: may read what is public, whatever roles say."""

    def __init__(self, public: Iterable[str] = ("catalog",)) -> None:
        super().__init__("guest")
        self.public = set(public)

    def may(self, wanted: str) -> bool:
        area, _, action = wanted.partition(":")
        return action == "read" and area in self.public


class Token(User):
    """A program that acts for a user, with at most that user's permissions."""

    def __init__(self, owner: User, scopes: Iterable[str], uses: Optional[int] = None) -> None:
        super().__init__(f"{owner.name} (token)", owner.roles)
        self.owner = owner
        self.scopes = list(scopes)
        self.uses_left = uses

    def may(self, wanted: str) -> bool:
        if self.uses_left is not None and self.uses_left <= 0:
            return False
        in_scope = any(covers(scope, wanted) for scope in self.scopes)
        return in_scope and self.owner.may(wanted)

    def require(self, wanted: str) -> None:
        super().require(wanted)
        if self.uses_left is not None:
            self.uses_left -= 1


def load_roles(table: Dict[str, Dict[str, Any]]) -> Dict[str, Role]:
    """Roles from settings: ``{"clerk": {"grants": [...], "inherits": [...]}}`` in any order."""
    roles = {name: Role(name, entry.get("grants", ())) for name, entry in table.items()}
    for name, entry in table.items():
        for parent in entry.get("inherits", ()):
            if parent not in roles:
                raise KeyError(f"role {name!r} inherits unknown {parent!r}")
            roles[name].parents.append(roles[parent])
    return roles
