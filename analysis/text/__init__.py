"""Documents: immutable text, its line index, positions in three encodings, incremental edits."""
