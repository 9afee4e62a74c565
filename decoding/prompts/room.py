"""How long prompts may be: what a machine reads cold within a set wait, at the speed it has shown;
and how much it writes in a set time.

Two cores read about a hundred tokens a second, a GPU ten thousand. The smallest prompt is what two
cores are given, so that nothing changes there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from decoding.prompts.templates import Budget

#: Seconds that a prompt of which nothing is in the cache may take to be read.
WAIT = 1.2
#: A change of length moves the beginning of the prompt, so all of it is read again: the length
#: stays until it is this many times too short or too long.
_STEADY = 1.25
#: One measurement lets a prompt grow so many times at most: a server that still had a prompt in
#: its cache looks faster than it is, and the next one shows it.
_GROWTH = 2


@dataclass(slots=True)
class PrefillRate:
    """How fast a machine reads a prompt, in seconds a token, from the prompts so far."""

    #: Before anything was read: two cores of a laptop (``docs/decisions.md``).
    seconds: float = 0.005
    #: Shorter ones say more about the overhead of a call than about reading.
    smallest: int = 64
    #: How many prompts it was measured with.
    measured: int = 0

    def note(self, tokens: int, seconds: float) -> None:
        """A prompt of so many new tokens took so long."""
        if tokens >= self.smallest:
            last = self.seconds if self.measured else seconds / tokens
            self.seconds = (last + seconds / tokens) / 2
            self.measured += 1


@dataclass(slots=True)
class DecodeRate:
    """How fast a machine writes, in seconds a token, from what it wrote so far; 0: unknown."""

    seconds: float = 0.0
    #: Fewer tokens say more about the overhead of a call than about writing.
    smallest: int = 8

    def note(self, tokens: int, seconds: float) -> None:
        """Writing so many tokens took so long."""
        if tokens >= self.smallest:
            now = seconds / tokens
            self.seconds = (self.seconds + now) / 2 if self.seconds else now

    def within(self, seconds: float) -> int:
        """How many tokens are written in so many seconds; 0 where that is not known yet."""
        return int(seconds / self.seconds) if self.seconds else 0


@dataclass(slots=True)
class PromptRoom:
    """The length of prompts: what ``rate`` reads within ``wait`` seconds, ``least`` at least."""

    wait: float = WAIT
    rate: PrefillRate = field(default_factory=PrefillRate)
    writing: DecodeRate = field(default_factory=DecodeRate)
    least: int = Budget.LEAST
    _aim: int = 0
    _tokens: int = 0
    _measured: int = 0

    def budget(self, most: int) -> Budget:
        """The budget of a prompt that begins anew, where the model's window holds ``most``
        tokens."""
        if self.rate.measured > self._measured:
            self._measured = self.rate.measured
            fitting = int(self.wait / self.rate.seconds)
            if not self._aim / _STEADY <= fitting <= self._aim * _STEADY:
                self._aim = fitting
            self._tokens = min(self._aim, max(self._tokens, self.least) * _GROWTH)
        return Budget.of(min(max(self._tokens, self.least), max(most, self.least)))
