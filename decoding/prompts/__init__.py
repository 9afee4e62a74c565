"""Fill-in-the-middle prompts, one template a model family, within a token budget.

``templates`` says which lines of a file fit a budget, and how a family wants both sides of a hole
or a question, and keeps a prompt as it was while the user types on, so that the KV cache is
reused; ``hint`` says what stands before the file. Knows tokens and text; nothing of monitors, of
runtimes or of what the text means.
"""
