"""Who constrains: one monitor a file, each starts where the bytes show its trigger."""
