"""Text as a value: immutable documents, lines, positions in any encoding, and files on disk.

Knows nothing of Python's grammar beyond the coding cookie, and nothing of editors beyond how LSP
counts columns. Read ``lines`` (where lines end), ``positions`` (how columns are counted),
``document`` (edits), ``files`` (bytes on disk), ``inside`` (which files a repair may change).
"""

from analysis.text.document import Document, TextEdit
from analysis.text.files import TextFile, decode_source, dominant_newline, read_file, write_file
from analysis.text.inside import PROTECTED, find_root, inside
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
