"""LSP features, one a file, each a pure function on a snapshot behind a thin handler."""
