"""A reader of one's own: what is said in SubRip subtitles, a paragraph a scene (docs/annotators.md)."""

from __future__ import annotations

import re

TIME = re.compile(r"(\d+):(\d\d):(\d\d)[,.]\d+ --> (\d+):(\d\d):(\d\d)[,.]\d+")
PAUSE = 5  # seconds without a word that end a paragraph


def read(content: bytes) -> str:
    """Return the text of a subtitle file in UTF-8.

    Raises:
        ValueError: It holds no time, or is no UTF-8.
    """
    paragraphs: list[list[str]] = []
    silent_since = -PAUSE
    for block in re.split(r"\r?\n\r?\n", content.decode("utf-8-sig")):
        time = TIME.search(block)
        if time is None:
            continue
        begin, end = (_seconds(time.groups()[at : at + 3]) for at in (0, 3))
        if begin - silent_since >= PAUSE:
            paragraphs.append([])
        paragraphs[-1] += block[time.end() :].split()
        silent_since = end
    if not paragraphs:
        raise ValueError("no time such as 00:01:02,500 --> 00:01:04,000")
    return "\n\n".join(" ".join(words) for words in paragraphs)


def _seconds(parts: tuple[str, ...]) -> int:
    hours, minutes, seconds = map(int, parts)
    return 3600 * hours + 60 * minutes + seconds
