"""Fill-in-the-middle prompts, one template a model family, within a token budget."""
