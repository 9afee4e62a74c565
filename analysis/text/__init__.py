"""Text as a value: immutable documents, lines, positions in any encoding, and files on disk.

Knows nothing of Python's grammar beyond the coding cookie, and nothing of editors beyond how LSP
counts columns. Read ``document`` (lines, columns and edits), then ``files`` (bytes on disk, and
which of them a repair may change).
"""

from analysis.text.document import (
    Document,
    Encoding,
    LineIndex,
    Position,
    TextEdit,
    TextError,
    offset_at,
    position_at,
)
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
