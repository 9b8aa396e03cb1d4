"""Python to be read."""

from __future__ import annotations

import re
from keyword import kwlist

from imgclf_gui.gui.widgets.source_text import SourceColors, SourceText

_PREFIX = "[rRbBfF]{0,2}"
_TOKENS = re.compile(
    rf"(?P<open>{_PREFIX}\"\"\")"
    rf"|(?P<text>{_PREFIX}(?:\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?))"
    r"|(?P<comment>#.*)"
    r"|(?<=\bdef )(?P<name>\w+)|(?<=\bclass )(?P<class>\w+)"
    rf"|\b(?P<keyword>{'|'.join(kwlist)})\b"
    r"|(?<![\w.])(?P<number>\d[\d_]*\.?\d*(?:e[-+]?\d+)?)"
)
_PLAIN, _INSIDE_TEXT = -1, 1
"""States at the end of a line: QSyntaxHighlighter's own for the first."""


class PythonText(SourceText):
    """Read-only Python source."""

    def __init__(self) -> None:
        super().__init__(PythonColors)
        self.setReadOnly(True)


class PythonColors(SourceColors):
    """Colours keywords, names, texts, numbers and comments."""

    def highlightBlock(self, text: str) -> None:
        """Colour one line."""
        place = 0
        self.setCurrentBlockState(_PLAIN)
        if self.previousBlockState() == _INSIDE_TEXT:
            place = self._text_from(text, 0, 0)
        while place < len(text) and (found := _TOKENS.search(text, place)):
            kind, begin = found.lastgroup or "", found.start()
            if kind == "open":
                place = self._text_from(text, begin, found.end())
            else:
                place = found.end()
                self.setFormat(begin, place - begin, self.formats[kind])

    def _text_from(self, text: str, begin: int, search: int) -> int:
        """Colour a text in triple quotes from `begin` on; where it ends, on this line at least."""
        closing = text.find('"""', search)
        place = len(text) if closing < 0 else closing + 3
        self.setCurrentBlockState(_INSIDE_TEXT if closing < 0 else _PLAIN)
        self.setFormat(begin, place - begin, self.formats["text"])
        return place
