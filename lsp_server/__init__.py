"""The front door of editors: the protocol, document sync, one file per feature."""
