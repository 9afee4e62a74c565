"""Sources of candidate edits, one a file, cheapest first."""
