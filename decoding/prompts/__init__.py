"""Fill-in-the-middle prompts, one template a model family, within a token budget.

``templates`` says how a family wants both sides of a hole; ``window`` which lines of a file fit a
budget; ``anchor`` keeps a prompt as it was while the user types on, so that the KV cache is reused.
Knows tokens and text; nothing of monitors, of runtimes or of what the text means.
"""
