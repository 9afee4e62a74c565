"""Another name where one was rejected, from a server: nobody here sees the alternatives of a token,
so nothing is searched for; the next request says what may come."""

from __future__ import annotations

from collections.abc import Iterable

from decoding.constraint import Constraint
from decoding.remote.forms import Choice, choice
from decoding.remote.script import Script
from decoding.replacer import NoOtherNameError
from decoding.watch import Watch


class AskingReplacer:
    """A :class:`~decoding.replacer.Replacer` over what a server wrote. ``wanted`` is what the next
    request has to begin with."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.wanted: Choice | None = None

    def instead(self, watch: Watch, constraint: Constraint) -> Iterable[str]:
        """See :class:`~decoding.replacer.Replacer`; what is written comes with the next stream."""
        names = [name.decode() for name in constraint.names.spelled]
        wanted = choice(watch.literal.decode(), watch.typed, names, constraint.ends)
        if wanted is None:
            raise NoOtherNameError("there are too many names to ask for one of them")
        self.wanted = wanted
        self._script.keep(watch.base)
        return ()
