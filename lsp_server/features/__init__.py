"""LSP features, one a file, each a pure function on a view behind a thin handler.

To add one: a file with ``register(server)``, its name in the list below, what it offers in
``capabilities`` and its tests beside the others in ``tests/lsp_server``.
"""

from lsp_server.features import (
    code_action,
    code_lens,
    completion,
    diagnostics,
    document_highlight,
    document_symbol,
    hierarchy,
    holes,
    hover,
    inline_completion,
    missing_model,
    next_edits,
    references,
    repair,
    signature_help,
    status,
    sync,
    trace,
    workspace,
    workspace_diagnostics,
)

#: In the order in which they are registered.
FEATURES = (
    sync,
    workspace,
    inline_completion,
    diagnostics,
    workspace_diagnostics,
    code_action,
    repair,
    next_edits,
    trace,
    hover,
    completion,
    signature_help,
    document_symbol,
    document_highlight,
    references,
    hierarchy,
    code_lens,
    holes,
    missing_model,
    status,
)
