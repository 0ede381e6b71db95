"""The learned HTML reader on unseen sites: `python -m bench.learned_extraction MODEL_FOLDER [--quick]`.

MODEL_FOLDER is what `corpusmill train-extractor` wrote: each page is read by the model of the fold that
its site was left out of. Beside it plain trafilatura and Resiliparse in the same run; each page goes
through all three before the next. JSON lines: word F1 overall and by kind of page, speed.
The profile's own reading path is timed, decoding and metadata included.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any
from urllib.parse import urlparse

from bench.extraction import QUICK_PAGES, plain_resiliparse, plain_trafilatura, wcxb_pages
from bench.extraction_scores import word_bag
from bench.measuring import print_result
from udfs.block_model import BlockModel, read_block_model
from udfs.block_training import FOLDS, fold_of
from udfs.character_encoding import decode
from udfs.extract_document import ExtractionOptions, extract
from udfs.html_blocks import segment
from udfs.html_learned import learned_text

LEARNED = ExtractionOptions(profile="learned")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="output of corpusmill train-extractor")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PAGES} pages, not all")
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


def unseen(content: bytes, truth: dict[str, Any], folds: list[BlockModel]) -> str:
    site = urlparse(truth.get("url", "")).netloc.removeprefix("www.") or truth["file_id"]
    return learned_text(segment(decode(content).text), folds[fold_of(site)]).text


def compare(pages: list[tuple[bytes, dict[str, Any]]], folds: list[BlockModel]) -> None:
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    seconds: dict[str, float] = defaultdict(float)
    for content, truth in pages:
        texts = {"learned, unseen sites": unseen(content, truth, folds)}
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
