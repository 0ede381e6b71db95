"""The learned HTML reader on unseen sites: `python -m bench.extraction.learned MODEL_FOLDER [--quick]`.

MODEL_FOLDER is what `corpusmill train-extractor` wrote from the pages of the shared folder (`wcxb_dev`,
`--unlabelled html`): each page is read by the model of the fold that its site was left out of. Beside it
plain trafilatura, Resiliparse and the profile `balanced` in the same run. JSON lines: word F1 and speed on
the WCXB development pages, by kind; word F1 by site on the pages of `bench.extraction.selected_pages`;
snippets kept and dropped; and with --news the pages of Chinese news sites, which no model was trained on.
The profile's own reading path is timed, decoding and metadata included.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any
from urllib.parse import urlparse

from bench.extraction.formats import DATA, plain_resiliparse, plain_trafilatura, with_profile
from bench.extraction.page_sets import QUICK_PAGES, snippet_pages, snippet_shares, wcxb_pages
from bench.extraction.scores import snippets, word_bag
from bench.extraction.selected_pages import SelectedPage, news_pages, shared_pages
from bench.measuring import print_result
from udfs.extract_document import extract
from udfs.extraction.charsets.decoding import decode
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.html.blocks.page_blocks import segment
from udfs.extraction.html.learned.model import BlockModel, read_block_model, shipped_model
from udfs.extraction.html.learned.reading import stated_tree
from udfs.extraction.html.metadata import read_metadata
from udfs.extraction.html.reading import read_blocks
from udfs.extraction.html.training.fitting import FOLDS, fold_of
from udfs.extraction.html.training.labels import bag_f1, words_of

LEARNED = ExtractionOptions(profile="learned")
PAGES_PER_SITE = 20
"""Of the shared folder: its sites' pages are much alike."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="output of corpusmill train-extractor")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PAGES} pages, not all")
    parser.add_argument("--news", type=Path, help="folder tests of gne's source package")
    arguments = parser.parse_args()
    folds = [
        read_block_model((arguments.folder / f"fold-{number}.npz").read_bytes())
        for number in range(FOLDS)
    ]
    pages = wcxb_pages(QUICK_PAGES if arguments.quick else None)
    extract(pages[0][0], options=LEARNED)
    for reader in (plain_trafilatura, plain_resiliparse):
        reader(pages[0][0])
    compare(pages, folds)
    compare_selected("pages of the shared folder", sample(shared_pages(DATA / "html")), folds)
    if arguments.news:
        compare_selected("Chinese news", news_pages(arguments.news), None)
    compare_snippets()


def read_learned(content: bytes, model: BlockModel) -> str:
    """What the profile reads, by another model than the shipped one."""
    blocks = segment(decode(content).text)
    return read_blocks(blocks, read_metadata(stated_tree(blocks)), model)


def sample(pages: list[SelectedPage]) -> list[SelectedPage]:
    """The first pages of each site."""
    seen: Counter[str] = Counter()
    chosen = []
    for page in pages:
        seen[page.site] += 1
        if seen[page.site] <= PAGES_PER_SITE:
            chosen.append(page)
    return chosen


READERS: dict[str, Callable[[bytes], str]] = {
    "trafilatura": plain_trafilatura,
    "resiliparse": plain_resiliparse,
    "corpusmill balanced": with_profile(ExtractionOptions(profile="balanced")),
}


def compare_selected(name: str, pages: list[SelectedPage], folds: list[BlockModel] | None) -> None:
    """Word F1, wide characters one word each: by site, and for East Asian and other pages."""
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for page in pages:
        model = shipped_model() if folds is None else folds[fold_of(page.site)]
        wanted = words_of(page.gold)
        for system, reader in (
            *READERS.items(),
            ("learned, unseen sites", lambda content, model=model: read_learned(content, model)),
        ):
            f1 = bag_f1(words_of(reader(page.content)), wanted)
            group = "East Asian" if page.is_wide else "other"
            for kind in {group, page.site}:
                scores[system][kind].append(f1)
    for system, found in scores.items():
        print_result(
            f"extraction: {name}, word F1 against selected elements",
            system,
            len(pages),
            sum(len(page.content) for page in pages),
            f1_by_group={kind: round(mean(found[kind]), 4) for kind in sorted(found)},
        )


def compare_snippets() -> None:
    """Pages of many sites with text that must be kept and dropped; none was trained on."""
    pages = snippet_pages()
    for system, reader in (*READERS.items(), ("learned", with_profile(LEARNED))):
        counts: Counter[str] = Counter()
        for content, gold in pages:
            counts += snippets(reader(content), gold["with"], gold["without"])
        size = sum(len(content) for content, _ in pages)
        name = "extraction: pages with gold snippets"
        print_result(name, system, len(pages), size, **snippet_shares(counts))


def compare(pages: list[tuple[bytes, dict[str, Any]]], folds: list[BlockModel]) -> None:
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    seconds: dict[str, float] = defaultdict(float)
    for content, truth in pages:
        site = urlparse(truth.get("url", "")).netloc.removeprefix("www.") or truth["file_id"]
        texts = {"learned, unseen sites": read_learned(content, folds[fold_of(site)])}
        for system, reader in (
            ("trafilatura", plain_trafilatura),
            ("resiliparse", plain_resiliparse),
            ("profile learned", lambda page: extract(page, options=LEARNED).text),
        ):
            started = time.process_time()
            texts[system] = reader(content)
            seconds[system] += time.process_time() - started
        del texts["profile learned"]  # its shipped model has seen these pages: timed, not scored
        kind = truth["_internal"]["page_type"]["primary"]
        for system, text in texts.items():
            f1 = word_bag(text, truth["ground_truth"]["main_content"])[2]
            scores[system][kind].append(f1)
    size = sum(len(content) for content, _ in pages)
    for system, by_kind in scores.items():
        timed = seconds["profile learned" if system.startswith("learned") else system]
        print_result(
            "extraction: WCXB development pages, word-bag F1, sites not seen in training",
            system,
            len(pages),
            size,
            f1=round(mean(score for found in by_kind.values() for score in found), 4),
            f1_by_kind={kind: round(mean(by_kind[kind]), 4) for kind in sorted(by_kind)},
            pages_per_cpu_s=round(len(pages) / timed, 1),
            times_trafilatura=round(seconds["trafilatura"] / timed, 2),
            times_resiliparse=round(seconds["resiliparse"] / timed, 2),
        )


if __name__ == "__main__":
    main()
