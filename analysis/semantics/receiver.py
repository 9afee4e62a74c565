"""What is known about the expression before a dot, and about what is called, for the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from analysis.environments.environment import Environment
from analysis.names import Signature
from analysis.syntax.hole import Hole


class UnionMemberKind(StrEnum):
    """What sort of value a union member is."""

    INSTANCE = "instance"
    CLASS = "class"
    MODULE = "module"
    FUNCTION = "function"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """One class of a resolution order.

    ``path`` is the file that defines it, ``""`` for a compiled one. ``code`` is its source text,
    ``""`` where there is none. ``methods`` are the functions its body defines, ``decorators``
    the source of its decorators without ``@``.
    """

    name: str
    module: str
    path: str = ""
    code: str = ""
    stub: bool = False
    methods: frozenset[str] = frozenset()
    decorators: tuple[str, ...] = ()
    #: Whether code of its module calls ``setattr`` on the class itself.
    written_from_outside: bool = False
    #: A decorator that may have added to the class, or replaced it.
    remade: str = ""
    #: The slots that are put together of other classes' (``A.__slots__ + B.__slots__``), if these
    #: are known.
    borrowed: tuple[str, ...] = ()

    @property
    def qualified(self) -> str:
        """Module and name."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class UnionMember:
    """One value that the receiver may have.

    ``names`` are its attributes with their kinds and the modules they come from. ``whole`` is
    false when a base class could not be resolved. ``metaclasses`` are those of a class or of an
    instance's class. ``doubt`` is a reason that was found while listing.
    """

    kind: UnionMemberKind
    label: str
    module: str = ""
    path: str = ""
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    order: tuple[ClassFacts, ...] = ()
    metaclasses: tuple[ClassFacts, ...] = ()
    whole: bool = True
    doubt: str = ""

    @property
    def says_nothing(self) -> bool:
        """Whether it is an instance of ``object`` itself: anything is."""
        first = self.order[0].qualified if self.order else ""
        return self.kind is UnionMemberKind.INSTANCE and first == "builtins.object"


@dataclass(frozen=True, slots=True)
class Receiver:
    """The expression before the dot and everything it may be.

    ``complete`` is false when a part of it could not be inferred. ``witnesses`` are names that
    the same text shows elsewhere in the file, ``stored`` names that any expression of the file is
    given by assignment. ``scope`` is the source of the function around the hole, of the module
    outside of functions, ``before`` the part of it that stands before the hole; ``nulls`` tells
    that ``None`` was among the values and left out.
    """

    text: str
    hole: Hole
    members: tuple[UnionMember, ...]
    complete: bool
    environment: Environment
    scope: str = ""
    before: str = ""
    witnesses: frozenset[str] = frozenset()
    stored: frozenset[str] = frozenset()
    #: Names that the code asks of the same text by literals, as in ``hasattr(self, "x")``.
    asked: frozenset[str] = frozenset()
    nulls: bool = False
    #: Whether classes that ``isinstance`` names for this text were added as union members.
    narrowed: bool = False
    #: Whether the file calls the class around the hole.
    made: bool = False


@dataclass(frozen=True, slots=True)
class Callee:
    """One value that is called: every way to call it, and why there may be more.

    ``path`` is the file that defines it, or ``""``. ``deprecated`` is what it says of its
    deprecation, ``None`` where it says none.
    """

    label: str
    module: str
    signatures: tuple[Signature, ...]
    doubt: str = ""
    path: str = ""
    deprecated: str | None = None
