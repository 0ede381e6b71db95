"""Where our text of a PDF parts from the order of pdfium's own: `python -m bench.extraction.pdf_order`.

pdfium writes a page's characters in the order of its content stream, which on most published pages is that of
reading. So five words of pdfium's text that stand nowhere in ours are a question: broken by us, or by the
file. JSON lines for all PDFs of the shared folder, by folder and over all: the share of broken five-word runs
of prose, apart from runs that touch a table (cells and their wrapped lines have an order of their own).
With --pages also each page with broken runs, the worst first, and some of the runs.

Compared are words as both texts write them: letters and digits by compatibility form (NFKC) in lower case,
each Chinese or Japanese character a word; a hyphen goes with the line end behind it, so that neither joining
a word nor keeping its hyphen counts; marks of Markdown and of raised figures go. What is left out on purpose
is taken out of pdfium's text and counted: running heads, page and line numbers (`furniture`), words laid
twice, text across the page's direction, dropped tables. A run ends with its page, and may stand anywhere in
ours.
"""

from __future__ import annotations

import argparse
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench.extraction.formats import ours
from bench.measuring import print_result
from bench.shared_folder import DATA, require_data
from udfs.extraction.pdf.characters import text_of_page
from udfs.extraction.pdf.reading import lay_out, read_pages
from udfs.extraction.pdf.text_layer import without_second_layer
from udfs.extraction.pdf.words import RUN, open_document

LENGTH = 5
"""Words whose order is compared at once."""
SHOWN = 3
"""Broken runs shown of a page."""

_WIDE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_WIDE}]|[^\\W_{_WIDE}]+")
_HYPHEN = re.compile("[-\u00ad\u2010-\u2015\u2212\ufffe\x02]\\s*")
_MARKDOWN = re.compile(r"^(?:#{1,6} |```.*$|\|[ :|-]+\|$)", re.MULTILINE)
_NOTE = re.compile(r"(\[\d{1,3}\]) ")
_SCRIPT_MARKS = re.compile(r"[\^_\[\]()]")

_KINDS = {"kept": "table", "plain": "table", "dropped": "dropped table", "listing": "prose"}

Run = tuple[str, ...]


@dataclass(frozen=True)
class PageRuns:
    """Five-word runs of pdfium's text of one page.

    Attributes:
        runs: Each with whether a word of a table is in it.
        broken: Those that our text does not have.
        left_out: Words that we leave out on purpose, by reason.
    """

    runs: list[tuple[Run, bool]]
    broken: list[tuple[Run, bool]]
    left_out: Counter[str]

    def counts(self) -> Counter[str]:
        """Runs and broken runs by where they stand, and words left out by reason."""
        counts = Counter({f"left out: {reason}": count for reason, count in self.left_out.items()})
        for name, runs in (("", self.runs), ("broken ", self.broken)):
            inside = sum(in_table for _, in_table in runs)
            counts[f"{name}tables"] += inside
            counts[f"{name}prose"] += len(runs) - inside
        return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "files", nargs="*", type=Path, help="PDFs; all of the shared folder if none"
    )
    parser.add_argument("--pages", action="store_true", help="each page with broken runs")
    arguments = parser.parse_args()
    if not arguments.files:
        require_data()
    paths = arguments.files or sorted((DATA / "pdf").rglob("*.pdf"))
    found = {path: compare(path.read_bytes()) for path in paths}
    folders: dict[str, list[list[PageRuns]]] = defaultdict(list)
    for path, pages in found.items():
        folders[path.parent.name].append(pages)
    for folder, documents in folders.items():
        report(folder, documents)
    report("all", list(found.values()))
    if arguments.pages:
        report_pages(found)


def report_pages(found: dict[Path, list[PageRuns]]) -> None:
    pages = [(page, n, path) for path, pages in found.items() for n, page in enumerate(pages, 1)]
    for page, number, path in sorted(pages, key=lambda entry: -len(entry[0].broken)):
        if page.broken:
            step = len(page.broken) // SHOWN + 1
            print_result(
                "extraction: order of PDF text, page",
                "corpusmill",
                1,
                path.stat().st_size,
                file=path.name,
                page=number,
                runs=len(page.runs),
                broken=len(page.broken),
                examples=[" ".join(run) for run, _ in page.broken[::step]],
            )


def report(name: str, documents: list[list[PageRuns]]) -> None:
    counts: Counter[str] = Counter()
    for pages in documents:
        for page in pages:
            counts += page.counts()
    print_result(
        "extraction: order of PDF text against pdfium's",
        "corpusmill",
        len(documents),
        0,
        of=name,
        pages=sum(map(len, documents)),
        broken_prose=round(counts["broken prose"] / max(1, counts["prose"]), 5),
        broken_tables=round(counts["broken tables"] / max(1, counts["tables"]), 5),
        broken_all=round(
            (counts["broken prose"] + counts["broken tables"])
            / max(1, counts["prose"] + counts["tables"]),
            5,
        ),
        counts=dict(sorted(counts.items())),
    )


def compare(content: bytes) -> list[PageRuns]:
    """The runs of each page of a PDF, and which of them our text breaks."""
    text = ours(content)
    plain = unicodedata.normalize("NFKC", _MARKDOWN.sub(" ", text))
    # pdfium writes `10^6` as `106` or `10 6`, by where it saw a blank, and a note's `[5] See` as `5See`.
    written = (
        _SCRIPT_MARKS.sub("", plain),
        _SCRIPT_MARKS.sub(" ", plain),
        _SCRIPT_MARKS.sub("", _NOTE.sub(r"\1", plain)),
    )
    have = {run for variant in written for run in _runs(_words(variant))}
    return [_page_runs(pieces, have) for pieces in _pieces_of_pages(content)]


def _words(text: str) -> list[str]:
    return _WORD.findall(_HYPHEN.sub("", unicodedata.normalize("NFKC", text).casefold()))


def _runs(words: list[str]) -> Iterable[Run]:
    return zip(*(words[start:] for start in range(LENGTH)), strict=False)


def _page_runs(pieces: list[tuple[str, str]], have: set[Run]) -> PageRuns:
    left_out: Counter[str] = Counter()
    text, in_table = "", []
    for piece, fate in pieces:
        if fate in ("prose", "table"):
            plain = _SCRIPT_MARKS.sub("", unicodedata.normalize("NFKC", piece).casefold())
            text += plain
            in_table += [fate == "table"] * len(plain)
        else:
            left_out[fate] += len(_words(piece))
    for hyphen in reversed(list(_HYPHEN.finditer(text))):
        text = text[: hyphen.start()] + text[hyphen.end() :]
        del in_table[hyphen.start() : hyphen.end()]
    words = [(word.group(), any(in_table[slice(*word.span())])) for word in _WORD.finditer(text)]
    runs = [
        (tuple(word for word, _ in run), any(inside for _, inside in run))
        for run in zip(*(words[start:] for start in range(LENGTH)), strict=False)
    ]
    return PageRuns(runs, [run for run in runs if run[0] not in have], left_out)


def _pieces_of_pages(content: bytes) -> list[list[tuple[str, str]]]:
    """For each page pdfium's text in pieces, each with what became of it."""
    document = open_document(content)
    try:
        pages, _ = read_pages(document)
        texts = [text_of_page(document[number]) for number in range(len(document))]
    finally:
        document.close()
    fates: list[dict[int, str]] = []
    for page, _ in pages:
        once = {id(word) for word in without_second_layer(page.words)}
        fates.append({w.first: "furniture" if id(w) in once else "laid twice" for w in page.words})
    for fate, blocks in zip(fates, lay_out(pages), strict=True):
        for row in (row for block in blocks for row in block):
            fate_of_row = row.table.fate if row.table is not None else "prose"
            name = _KINDS.get(fate_of_row, fate_of_row)
            fate.update((word.first, name) for segment in row.segments for word in segment.words)
    return [_pieces(text, fate) for text, fate in zip(texts, fates, strict=True)]


def _pieces(text: str, fates: dict[int, str]) -> list[tuple[str, str]]:
    starts = sorted({run.start() for run in RUN.finditer(text)} | fates.keys())
    return [
        (text[start:end], fates.get(start, "across"))
        for start, end in pairwise([*starts, len(text)])
    ]


if __name__ == "__main__":
    main()
