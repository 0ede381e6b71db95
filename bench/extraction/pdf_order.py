"""Where our text of a PDF parts from the order of pdfium's own: `python -m bench.extraction.pdf_order`.

pdfium writes a page's characters in the order of its content stream, which is the order of reading on most
published pages. So a five-word run of pdfium's text that ours nowhere has is a question: broken by us, or by
the file. Over all PDFs of the shared folder, as JSON lines: the share of such runs by folder and over all, runs
of prose apart from those that touch a table (whose cells and wrapped lines have an order of their own).

Compared are words as both write them: letters and digits in lower case by compatibility form (NFKC), each Chinese
or Japanese character a word, hyphens and dashes gone with the line end behind them, so that neither a joined nor
a kept hyphen counts. Words left out on purpose are taken out of pdfium's text too, and counted: running
heads and page numbers, text across the page's direction, words laid twice, dropped tables. Runs end where a
page does; a run that stands in our text of the whole document is not broken.
"""

from __future__ import annotations

import argparse
import ctypes
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path

from bench.extraction.formats import ours
from bench.measuring import print_result
from bench.shared_folder import DATA, require_data
from udfs.extraction.pdf.aligned_tables import find_tables
from udfs.extraction.pdf.furniture import remove_page_furniture
from udfs.extraction.pdf.reading import _read_pages, _segments
from udfs.extraction.pdf.reading_order import reading_order
from udfs.extraction.pdf.text_layer import without_second_layer
from udfs.extraction.pdf.words import _RUN, _characters, open_document

RUN = 5
"""Words whose order is compared at once."""

_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\\W_\u3040-\u30ff\u3400-\u9fff]+")
_HYPHEN = re.compile("[-\u00ad\u2010-\u2015\ufffe\x02]\\s*")
_MARKDOWN = re.compile(r"^(?:#{1,6} |```.*$|\|[ :|-]+\|$)", re.MULTILINE)


@dataclass
class PageRuns:
    """Five-word runs of pdfium's text of one page.

    Attributes:
        prose: Runs without a word of a table.
        tables: Runs with one.
        broken: Those of ``prose`` that our text does not have.
        broken_tables: Those of ``tables``.
        left_out: Words that we leave out on purpose, by reason.
    """

    prose: int = 0
    tables: int = 0
    broken: list[tuple[str, ...]] = field(default_factory=list)
    broken_tables: list[tuple[str, ...]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def words_of(text: str) -> list[str]:
    """The words of a text as both sides write them."""
    plain = _HYPHEN.sub("", unicodedata.normalize("NFKC", text).casefold())
    return _WORD.findall(plain)


def runs_of(words: list[str]) -> Iterator[tuple[str, ...]]:
    """Every five words that follow each other."""
    return zip(*(words[start:] for start in range(RUN)), strict=False)


def page_texts(content: bytes) -> list[list[tuple[str, str]]]:
    """For each page pdfium's text as (text, fate) pieces: fate is ``prose``, ``table`` or why it is left out."""
    document = open_document(content)
    try:
        pages, _ = _read_pages(document, len(document))
        raw = []
        for number in range(len(document)):
            text_page = document[number].get_textpage()
            handle = ctypes.cast(text_page.raw, ctypes.c_void_p).value
            raw.append(_characters(handle, text_page.count_chars()))
            text_page.close()
    finally:
        document.close()
    fates: list[dict[int, str]] = [{} for _ in pages]
    segments = []
    for fate, (page, rules) in zip(fates, pages, strict=True):
        fate.update((word.first, "laid twice") for word in page.words)
        fate.update((word.first, "furniture") for word in without_second_layer(page.words))
        segments.append(_segments(page, rules))
    cleaned = remove_page_furniture(segments, [page.height for page, _ in pages])
    for fate, found, (_, rules) in zip(fates, cleaned, pages, strict=True):
        for block in reading_order(found):
            for is_table, group in groupby(block, key=lambda row: row.table is not None):
                rows = list(group)
                inside = (
                    [(0, len(rows), "kept")]
                    if is_table
                    else [(t.first, t.last, t.rendered.fate) for t in find_tables(rows, rules.level)]
                )
                for row in rows:
                    fate.update((w.first, "prose") for s in row.segments for w in s.words)
                for first, last, kind in inside:
                    name = "dropped table" if kind == "dropped" else "table"
                    for row in rows[first:last]:
                        fate.update((w.first, name) for s in row.segments for w in s.words)
    return [_pieces(text, fate) for text, fate in zip(raw, fates, strict=True)]


def _pieces(text: str, fates: dict[int, str]) -> list[tuple[str, str]]:
    starts = sorted({run.start() for run in _RUN.finditer(text)} | fates.keys())
    pieces: list[tuple[str, str]] = []
    for start, end in pairwise([*starts, len(text)]):
        pieces.append((text[start:end], fates.get(start, "across")))
    return pieces


def measure(content: bytes) -> list[PageRuns]:
    have = set(runs_of(words_of(_MARKDOWN.sub(" ", ours(content)))))
    pages = []
    for pieces in page_texts(content):
        runs = PageRuns()
        words: list[tuple[str, str]] = []
        kept: list[tuple[str, str]] = []
        for text, fate in pieces:
            if fate in ("prose", "table"):
                kept.append((text, fate))
            else:
                runs.left_out[fate] += len(words_of(text))
        joined = unicodedata.normalize("NFKC", "").join(t for t, _ in kept)
        # words of the joined text, each with whether a table's characters are in it
        marks = []
        out = []
        for t, fate in kept:
            n = unicodedata.normalize("NFKC", t).casefold()
            out.append(n); marks += [fate == "table"] * len(n)
        joined = "".join(out)
        keep = [True] * len(joined)
        for m in _HYPHEN.finditer(joined):
            for i in range(*m.span()): keep[i] = False
        plain = "".join(c for c, k in zip(joined, keep) if k)
        pm = [m for m, k in zip(marks, keep) if k]
        found = [(m.group(), any(pm[m.start():m.end()])) for m in _WORD.finditer(plain)]
        for five in zip(*(found[i:] for i in range(RUN))):
            run = tuple(w for w, _ in five)
            if any(t for _, t in five):
                runs.tables += 1
                if run not in have: runs.broken_tables.append(run)
            else:
                runs.prose += 1
                if run not in have: runs.broken.append(run)
        pages.append(runs)
    return pages


def main() -> None:
    ap = argparse.ArgumentParser(); ap.add_argument("paths", nargs="*"); ap.add_argument("--show", type=int, default=0)
    a = ap.parse_args()
    paths = [Path(p) for p in a.paths] or sorted((DATA / "pdf").rglob("*.pdf"))
    total = Counter(); by = defaultdict(Counter)
    for path in paths:
        pages = measure(path.read_bytes())
        c = Counter(prose=sum(p.prose for p in pages), broken=sum(len(p.broken) for p in pages),
                    tables=sum(p.tables for p in pages), broken_tables=sum(len(p.broken_tables) for p in pages))
        for p in pages: c.update(p.left_out)
        total += c
        print(path.name, f"{c['broken']/max(1,c['prose']):.4f}", dict(c), flush=True)
        bad = sorted(((len(p.broken), n) for n, p in enumerate(pages) if len(p.broken) > 0), reverse=True)[:8]
        print("   worst pages", [(n, b, pages[n].prose) for b, n in bad])
        if a.show:
            for b, n in bad[: a.show]:
                print("   page", n, [" ".join(r) for r in pages[n].broken[:: max(1, b // 6)][:8]])
    print("TOTAL", dict(total), total["broken"] / total["prose"], total["broken_tables"] / max(1, total["tables"]))


if __name__ == "__main__":
    main()
