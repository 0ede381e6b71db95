"""Every preset on exact truth: real passages and planted copies of them, all pairs compared exactly.

``python -m bench.dedup.accuracy [--plot FILE.svg]`` prints one JSON object a preset. The shared folder
has some thousand documents, so its texts are cut into passages of about 1,000 characters; the versions
of manuals, laws and licences among them are natural near-duplicates. The search is the one that runs on
the driver, without Spark. Recall, and removals without a partner, are against sets of word 5-grams (8
characters of Chinese), also for presets that shingle otherwise.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.dedup.synthetic_families import Corpus
from bench.dedup.truth import Truth, all_pairs_truth, score
from bench.dedup.workloads import FOLDER, signing_batches
from bench.measuring import measured, print_result
from bench.shared_folder import DATA, require_data
from bench.shared_texts import real_texts
from jobs.dedup import DedupSettings
from jobs.dedup.presets import PRESETS
from jobs.planning.curve_drawing import Curve, draw_curves
from udfs.dedup import search as driver_search
from udfs.dedup.signatures import (
    SHINGLE_SET_SCHEMA,
    SIGNATURE_SCHEMA,
    shingle_sets,
    sign_documents,
)
from udfs.extract_document import extract

PASSAGE = 1000  # characters
PLANTED = 1_500  # passages that get edited copies
MOST_COPIES = 5
SEED = 4
BINS = np.linspace(0.5, 1.0, 11)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    plot = parser.parse_args().plot
    require_data()
    real = list(passages(DATA))
    texts = [*real, *planted(real)]
    table = pa.table({"id": np.arange(len(texts)), "text": pa.array(texts, pa.string())})
    size = int(table["text"].nbytes)
    truth = all_pairs_truth(pa.concat_arrays(table["text"].chunks))
    print_result(
        "dedup_accuracy", "truth", len(texts), size, real=len(real), planted=len(texts) - len(real),
        pairs={f"{low:.2f}": int(count) for low, count in zip(BINS, in_bins(truth), strict=False)},
    )  # fmt: skip
    curves = []
    for name in PRESETS:
        settings = DedupSettings(preset=name)
        removed, cost = measured(lambda settings=settings: search(table, settings))
        ids, keepers = removed["id"].to_numpy(), removed["keeper_id"].to_numpy()
        facts = score(truth, ids, keepers, 0.7)
        print_result("dedup_accuracy", name, len(texts), size, **cost.fields(), **facts)
        curves.append(Curve(name, (BINS[:-1] + BINS[1:]) / 2, caught_in_bins(truth, ids)))
    if plot is not None:
        title = f"Pairs resolved by each preset, {len(texts):,} passages and copies"
        plot.write_text(draw_curves(title, curves, 0.7, "share of pairs"), encoding="utf-8")


def passages(data: Path) -> Iterator[str]:
    """The real texts, cut at ends of paragraphs or sentences after about ``PASSAGE`` characters."""
    texts: list[str] = real_texts(data, FOLDER / "texts.parquet")["text"].to_pylist()
    versions = (path for path in sorted((data / "near_dup").rglob("*")) if path.is_file())
    texts += [extract(path.read_bytes(), None).text for path in versions]
    for text in texts:
        start = 0
        for end in re.finditer(r"\n\s*\n|[.。!?！？]\s", text):
            if end.end() - start >= PASSAGE:
                yield text[start : end.end()].strip()
                start = end.end()
        if len(text) - start >= PASSAGE // 2:
            yield text[start:].strip()


def planted(real: list[str]) -> Iterator[str]:
    """Edited copies: words replaced, a part left out, added or swapped for another passage's."""
    random = np.random.default_rng(SEED)
    for place in random.choice(len(real), min(PLANTED, len(real)), replace=False):
        for _ in range(int(random.integers(1, MOST_COPIES + 1))):
            # Blanks and single Chinese characters are pieces, so that nothing else changes.
            pieces = re.findall(r"[a-zA-Z0-9']+|[^a-zA-Z0-9']", real[place])
            other = re.findall(
                r"[a-zA-Z0-9']+|[^a-zA-Z0-9']", real[int(random.integers(len(real)))]
            )
            kind, amount = int(random.integers(4)), float(random.beta(1, 3))
            size = int(len(pieces) * amount * 0.5) + 1
            start = int(random.integers(max(1, len(pieces) - size)))
            if kind == 0:
                for index in np.flatnonzero(random.random(len(pieces)) < 0.06 * amount):
                    pieces[index] = other[int(index) % len(other)] if other else ""
            elif kind == 1:
                del pieces[start : start + size]
            elif kind == 2:
                pieces[start:start] = other[:size]
            else:
                pieces[start : start + size] = other[:size]
            yield "".join(pieces)


def search(table: pa.Table, settings: DedupSettings) -> pa.Table:
    """Signatures to duplicates in this process, by the functions that the driver's search calls."""
    plan = settings.leader_plan
    batches = signing_batches(Corpus(table, np.empty(0, np.int64)), len(table))
    signed = pa.Table.from_batches(sign_documents(batches, settings.signing_plan), SIGNATURE_SCHEMA)
    exact = driver_search.find_exact(signed)
    screening = driver_search.screen_signatures(signed, exact, plan, settings.telling_bands)
    open_rows = screening.filter(screening["keeper_id"].is_null()).select(["root", "id"])
    texts = table["text"].take(open_rows["id"])
    involved = open_rows.append_column("text", texts).combine_chunks().to_batches()
    sets = pa.Table.from_batches(shingle_sets(involved, settings.shingle_plan), SHINGLE_SET_SCHEMA)
    return driver_search.combine(exact, driver_search.settle_screening(screening, sets, plan))


def in_bins(truth: Truth, among: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.int64]:
    """Pairs by similarity, in ``BINS``."""
    similarity = truth.similarity if among is None else truth.similarity[among]
    return np.histogram(similarity, BINS)[0]


def caught_in_bins(truth: Truth, removed: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Share of the pairs of each bin of which not both documents are kept."""
    kept = np.ones(len(truth.best), bool)
    kept[removed] = False
    caught = ~(kept[truth.first] & kept[truth.second])
    return in_bins(truth, caught) / np.maximum(in_bins(truth), 1)


if __name__ == "__main__":
    main()
