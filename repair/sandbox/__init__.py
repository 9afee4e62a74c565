"""Where user code runs: bubblewrap, no network, limits, and nothing outside it changed.

Read ``policy`` (what code may see and use), ``interpreter`` (which files its Python needs) and
``bubblewrap`` (the sandbox of a policy); ``run`` (what to run and what came of it, as values) and
``forkserver`` (one sandbox, many runs; ``channel`` is how it is asked, ``watch`` what ends it when
it uses too much); ``workbench`` (the sandboxes of one repair) and ``cores`` (how many runs at
once). ``probe`` is what runs inside and imports nothing of this.
"""
