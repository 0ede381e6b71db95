"""The learned extractor: class words and two stages of trees, its file, and which blocks it keeps."""

from __future__ import annotations

import hashlib
import io
import pkgutil
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.page_blocks import PageBlocks
from udfs.extraction.html.learned.containers import Floats
from udfs.extraction.html.learned.features import BLOCK_FIELDS, ClassOdds, block_features
from udfs.extraction.html.learned.neighbours import NEIGHBOUR_FIELDS, neighbour_features
from udfs.extraction.html.learned.text_features import TEXT_COLUMN, TEXT_FIELDS, measure_texts
from udfs.learning.boosted_trees import BoostedTrees, probabilities, tree_sums

MODEL_FILE: Final = "block_model.npz"
SHIPPED_FILE: Final = "model.npz"  # beside this file
FORMAT: Final = 1
LIKELIEST_SHARE: Final = 0.1
LIKELIEST_WORDS: Final = 50
"""The likeliest text of a page: this share of the words that the expected F1 asks for, at most so many."""
_ARRAYS: Final = ("columns", "thresholds", "leaves", "base")


@dataclass(frozen=True)
class BlockModel:
    """A trained extractor.

    Attributes:
        odds: Log-odds of class words.
        first: Trees over ``BLOCK_FIELDS``.
        second: Trees over ``BLOCK_FIELDS`` and behind them ``NEIGHBOUR_FIELDS``.
        version: What the rows of its texts name: a hash of the arrays.
    """

    odds: ClassOdds
    first: BoostedTrees
    second: BoostedTrees
    version: str = ""


@dataclass(frozen=True)
class JudgedBlocks:
    """What a model says of a page.

    Attributes:
        chances: Probability of each block to be content; float32 [blocks].
        texts: Measures of each block's text; float32 [blocks, ``TEXT_FIELDS``].
        is_kept: Which blocks make up the text; bool [blocks].
        confidence: Expected word F1 of the text against the content, 0 to 1.
    """

    chances: Floats
    texts: Floats
    is_kept: npt.NDArray[np.bool_]
    confidence: float

    @cached_property
    def likeliest(self) -> npt.NDArray[np.intp]:
        """The kept blocks that make up the page's likeliest text, the likeliest first."""
        kept = np.flatnonzero(self.is_kept)
        if not len(kept):
            return kept
        kept = kept[np.argsort(-self.chances[kept], kind="stable")]
        words = np.cumsum(self.texts[kept, TEXT_COLUMN["words"]])
        place = np.searchsorted(words, min(LIKELIEST_SHARE * float(words[-1]), LIKELIEST_WORDS))
        return kept[: int(place) + 1]

    @property
    def wide_share(self) -> float:
        """Share of ideographs, kana and Hangul in the page's text, or in its likeliest if that has more.

        The menus of a blog may be in English, and longer than an article.
        """
        return max(_wide_share(self.texts), _wide_share(self.texts[self.likeliest]))


def _wide_share(texts: Floats) -> float:
    characters = texts[:, TEXT_COLUMN["characters"]]
    wide = texts[:, TEXT_COLUMN["wide_share"]] * characters
    return float(wide.sum() / max(float(characters.sum()), 1.0))


def judge_blocks(page: PageBlocks, model: BlockModel) -> JudgedBlocks:
    """Decide which blocks of a page are content.

    Args:
        page: Its blocks.
        model: A trained extractor.
    """
    if not len(page.blocks):
        texts = np.zeros((0, len(TEXT_FIELDS)), np.float32)
        return JudgedBlocks(texts[:, 0], texts, np.zeros(0, np.bool_), 0.0)
    texts = measure_texts(page.text, page.blocks, page.title)
    features = block_features(page, model.odds, texts)
    columns = np.ascontiguousarray(features.T)
    around = _around(page, texts, probabilities(tree_sums(model.first, columns)))
    chances = probabilities(tree_sums(model.second, np.concatenate([columns, around.T])))
    is_kept, confidence = keep_blocks(chances, texts[:, TEXT_COLUMN["words"]].copy())
    return JudgedBlocks(chances, texts, is_kept, float(confidence))


def first_chances(features: Floats, trees: BoostedTrees) -> Floats:
    """First-stage probability of each row of ``block_features``."""
    return probabilities(tree_sums(trees, np.ascontiguousarray(features.T)))


def second_features(page: PageBlocks, features: Floats, texts: Floats, chances: Floats) -> Floats:
    """The features of the second stage; float32 [blocks, both kinds of fields]."""
    return np.concatenate([features, _around(page, texts, chances)], axis=1)


def _around(page: PageBlocks, texts: Floats, chances: Floats) -> Floats:
    columns = texts[:, TEXT_COLUMN["columns"]].copy()
    return neighbour_features(page.blocks, page.nodes, page.paths, columns, chances)


def keep_blocks(chances: Floats, words: Floats) -> tuple[npt.NDArray[np.bool_], float]:
    """Keep the likeliest blocks, as many as make the expected word F1 highest.

    Args:
        chances: Probability of each block.
        words: Number of words of each block.

    Returns:
        The kept blocks and their expected F1. The cut adapts to each page: where nothing is certain,
        more is kept. Plug-in rule for F measures (Dembczynski et al. 2011).
    """
    return _keep_likeliest(np.argsort(-chances, kind="stable"), chances, words)


@kernel
def _keep_likeliest(
    order: npt.NDArray[np.int64], chances: Floats, words: Floats
) -> tuple[npt.NDArray[np.bool_], float]:
    expected = np.float32(0)
    for block in range(chances.shape[0]):
        expected += chances[block] * words[block]
    is_kept = np.zeros(chances.shape[0], np.bool_)
    hits = kept = best = np.float64(0)
    last = -1
    for place in range(order.shape[0]):
        block = order[place]
        hits += np.float64(chances[block]) * words[block]
        kept += words[block]
        score = 2 * hits / max(kept + expected, 1e-9)
        if score > best:
            best = score
            last = place
    for place in range(last + 1):
        is_kept[order[place]] = True
    return is_kept, best


def save_block_model(model: BlockModel, path: Path) -> None:
    """Write a model as plain arrays; the same model gives the same bytes.

    Args:
        model: The trained extractor.
        path: The ``.npz`` file.
    """
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "format": np.array([FORMAT, len(BLOCK_FIELDS), len(NEIGHBOUR_FIELDS)], np.int32),
        "words": model.odds.keys,
        "word_rows": model.odds.values,
        "word_odds": model.odds.odds.astype(np.float16),
    }
    for stage, trees in (("first", model.first), ("second", model.second)):
        for name in _ARRAYS:
            array = getattr(trees, name)
            smaller = {"columns": np.int16, "leaves": np.float16}.get(name, array.dtype)
            arrays[f"{stage}_{name}"] = array.astype(smaller)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def read_block_model(content: bytes) -> BlockModel:
    """Read what ``save_block_model`` wrote.

    Raises:
        ValueError: If it is no model, or of other features than these modules compute.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        found = arrays["format"].tolist()
    except (OSError, KeyError, ValueError, EOFError) as error:
        raise ValueError(
            f"the extractor's model cannot be read ({error}): copy {MODEL_FILE} again, or train it with"
            " corpusmill train-extractor"
        ) from error
    wanted = [FORMAT, len(BLOCK_FIELDS), len(NEIGHBOUR_FIELDS)]
    if found != wanted:
        raise ValueError(
            f"the extractor's model has format and numbers of features {found}, this version of"
            f" corpusmill computes {wanted}: train it again with corpusmill train-extractor"
        )
    odds = ClassOdds(arrays["words"], arrays["word_rows"], arrays["word_odds"].astype(np.float32))
    return BlockModel(odds, _trees(arrays, "first"), _trees(arrays, "second"), _version(arrays))


def _trees(arrays: dict[str, npt.NDArray[np.generic]], stage: str) -> BoostedTrees:
    columns, thresholds, leaves, base = (arrays[f"{stage}_{name}"] for name in _ARRAYS)
    return BoostedTrees(
        columns.astype(np.int32),
        thresholds.astype(np.float32),
        leaves.astype(np.float32),
        base.astype(np.float32),
    )


def _version(arrays: dict[str, npt.NDArray[np.generic]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + arrays[name].tobytes())
    return digest.hexdigest()[:12]


@cache
def shipped_model() -> BlockModel:
    """The model that is part of this package, read once a process.

    Raises:
        ValueError: The file is missing or of another version.
    """
    content = pkgutil.get_data(__package__, SHIPPED_FILE)
    if content is None:
        raise ValueError(f"udfs/{MODEL_FILE} is missing: install corpusmill again")
    return read_block_model(content)
