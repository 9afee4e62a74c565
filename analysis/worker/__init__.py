"""The killable process that owns jedi, and its client with a warm spare."""
