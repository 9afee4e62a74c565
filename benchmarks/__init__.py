"""One file per claim: each prints a table and writes JSON; the README quotes these only."""
