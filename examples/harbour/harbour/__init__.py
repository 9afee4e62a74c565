"""A small harbour: when the water is deep enough, where a vessel lies, what it owes."""
