"""Another name where one was rejected, from the model in this process: roll back and search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from decoding.constraint import Constraint
from decoding.manuscript import NotTextError
from decoding.page import Page
from decoding.replacer import NoOtherNameError
from decoding.search import Choice, best_name
from decoding.watch import Watch

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits


class SearchReplacer:
    """A :class:`~decoding.replacer.Replacer` over one page. ``finished`` says that the model ends
    the text after the name that it wrote last."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.finished = False

    def remember(self, watches: Iterable[Watch], logits: Logits, before: int = 0) -> None:
        """``logits`` stand behind all tokens but the last ``before``: keep a copy for the watches
        whose search would start there."""
        here = len(self._page.script.tokens) - before
        for watch in watches:
            if watch.base == here and watch.root is None:
                watch.root = logits.copy()

    def instead(self, watch: Watch, constraint: Constraint) -> Iterator[str]:
        """See :class:`~decoding.replacer.Replacer`. Raises
        :class:`~decoding.errors.CancelledError`."""
        choice = best_name(self._page, constraint, kept=watch.base, root=watch.root)
        if choice is None:
            raise NoOtherNameError("the vocabulary cannot spell another")
        return self._write(watch.base, choice)

    def _write(self, base: int, choice: Choice) -> Iterator[str]:
        self._page.script.cut(base)
        self.finished = choice.ends
        try:
            for token, logprob in zip(choice.tokens, choice.logprobs, strict=True):
                yield self._page.append(token, logprob)
        except NotTextError:
            # The name is whole; only what the last token says behind it is no text.
            self.finished = True
