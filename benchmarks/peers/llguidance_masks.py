"""Run in the environment of llguidance: what its masks and checks cost, as JSON.

Reads ``{"tokens": [hex], "eos": id, "seconds": s, "sets": [{"pattern", "walks": [[id]]}]}``, a
pattern being a regular expression for the whole text; writes ``{"build": [s], "mask": [s],
"check": [s]}`` in processor seconds of this thread.
"""

import json
import sys
import time
from typing import Any

import llguidance  # type: ignore[import-not-found,unused-ignore]
import llguidance.numpy  # type: ignore[import-not-found,unused-ignore]


class Words:
    """What llguidance asks of a tokenizer; texts are never tokenized here."""

    def __init__(self, tokens: "list[bytes]", eos: int) -> None:
        self.tokens, self.eos_token_id, self.bos_token_id = tokens, eos, None
        self.special_token_ids = [i for i, spelled in enumerate(tokens) if not spelled]

    def __call__(self, text: Any) -> "list[int]":
        data = text if isinstance(text, bytes) else text.encode()
        return [self.tokens.index(bytes([byte])) for byte in data]


def main() -> None:
    """Measure every set, until its share of the seconds is over."""
    asked = json.load(sys.stdin)
    tokens = [bytes.fromhex(spelled) for spelled in asked["tokens"]]
    wrapper = llguidance.TokenizerWrapper(Words(tokens, asked["eos"]))
    # The slices are an optimization that llguidance builds once for a vocabulary.
    words = llguidance.LLTokenizer(wrapper, n_vocab=len(tokens))
    bitmask = llguidance.numpy.allocate_token_bitmask(1, len(tokens))
    times: dict[str, list[float]] = {"build": [], "mask": [], "check": []}

    def timed(name: str, call: Any) -> Any:
        begun = time.thread_time()
        result = call()
        times[name].append(time.thread_time() - begun)
        return result

    for one in asked["sets"]:
        until = time.monotonic() + asked["seconds"]
        grammar = llguidance.LLMatcher.grammar_from_regex(one["pattern"])
        first = timed("build", lambda g=grammar: llguidance.LLMatcher(words, g))
        for walk in one["walks"]:
            if time.monotonic() > until:
                break
            matcher = first.deep_copy()
            for token in walk:
                timed(
                    "mask", lambda m=matcher: llguidance.numpy.fill_next_token_bitmask(m, bitmask)
                )
                # Where bytes are forced it allows one way to spell them alone: the walk ends there.
                if not bitmask[0, token // 32] >> (token % 32) & 1:
                    break
                if not timed("check", lambda m=matcher, t=token: m.consume_token(t)):
                    raise SystemExit(f"llguidance fails: {matcher.get_error()}")
    json.dump(times, sys.stdout)


if __name__ == "__main__":
    main()
