"""Programs with all of their author's names replaced, as a copy that is meant not to be found."""

from __future__ import annotations

import builtins
import io
import keyword
import re
import tokenize
from typing import Final

_KEPT: Final = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self"])
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_IMPORT: Final = re.compile(r"(?m)^\s*(?:import|from)\b.*$")


def renamed(code: str) -> str:
    """Python with every name of its own (parameters, variables, functions) called otherwise.

    Keywords, built-ins, attributes and what is imported keep their names, so that it runs as before.
    """
    imported = {word for line in _IMPORT.findall(code) for word in _NAME.findall(line)}
    names: dict[str, str] = {}
    pieces: list[str] = []
    end = (1, 0)
    before = ""
    lines = code.splitlines(keepends=True)
    for token in _tokens(code):
        pieces.append(_between(lines, end, token.start))
        text, end = token.string, token.end
        own = token.type == tokenize.NAME and before != "." and text not in _KEPT | imported
        pieces.append(
            names.setdefault(text, f"{_PREFIXES[len(names) % 6]}{len(names)}") if own else text
        )
        before = text
    pieces.append(_between(lines, end, (len(lines) + 1, 0)))
    return "".join(pieces)


_PREFIXES: Final = ("alpha", "kk", "item_", "zz_tmp", "Q", "node")


def _tokens(code: str) -> list[tokenize.TokenInfo]:
    found: list[tokenize.TokenInfo] = []
    skipped = (tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER)
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            found.append(token)  # noqa: PERF402 - what came before an error counts
    except (tokenize.TokenError, SyntaxError):  # the rest, which is no Python, stays as it is
        pass
    return [token for token in found if token.type not in skipped]


def _between(lines: list[str], start: tuple[int, int], stop: tuple[int, int]) -> str:
    first, last = start[0] - 1, stop[0] - 1
    if first >= len(lines):
        return ""
    if first == last:
        return lines[first][start[1] : stop[1]]
    ending = lines[last][: stop[1]] if last < len(lines) else ""
    return lines[first][start[1] :] + "".join(lines[first + 1 : last]) + ending
