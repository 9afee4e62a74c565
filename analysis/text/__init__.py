"""Text as a value: immutable documents, lines, positions in any encoding, and files on disk.

Knows nothing of Python's grammar beyond the coding cookie, and nothing of editors beyond how LSP
counts columns. Read ``lines`` (where lines end), ``positions`` (how columns are counted),
``document`` (edits), ``files`` (bytes on disk, and which of them a repair may change).
"""

from analysis.text.document import Document, TextEdit
from analysis.text.files import (
    PROTECTED,
    TextFile,
    decode_source,
    dominant_newline,
    find_root,
    inside,
    read_file,
    write_file,
)
from analysis.text.lines import LineIndex
from analysis.text.positions import Encoding, Position, TextError, offset_at, position_at

__all__ = [
    "PROTECTED",
    "Document",
    "Encoding",
    "LineIndex",
    "Position",
    "TextEdit",
    "TextError",
    "TextFile",
    "decode_source",
    "dominant_newline",
    "find_root",
    "inside",
    "offset_at",
    "position_at",
    "read_file",
    "write_file",
]
