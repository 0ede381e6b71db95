"""A grader's folder from a published classifier: graph, tokenizer, card and digests."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx

from jobs.models.conversion.classifier import Classifier, convert
from jobs.models.conversion.fetch_choice import FetchChoice, Floats, compare_scores
from jobs.models.conversion.grader_card import grader_page
from jobs.models.conversion.published_model import CONFIG_NAME, PublishedModel
from jobs.runtime.errors import InputError
from udfs.grading.encoder_model import (
    GRAPH_NAME,
    KIND,
    TOKENISER_NAME,
    EncoderCard,
    EncoderModel,
    open_encoder,
)
from udfs.grading.grader import HIGHEST_GRADE, LOWEST_GRADE
from udfs.learning.linear_training import GRADE_CUT
from udfs.learning.model_folder import file_digest, write_description

MOST_POSITIONS: Final = 512
"""What FineWeb-Edu's classifier was trained on, though its encoder reads more."""
MOST_BYTES_IN_A_GRAPH: Final = 1 << 30
"""Above it weights stand in a file beside the graph: protobuf ends at 2 GiB."""


def write_grader(model: PublishedModel, folder: Path, choice: FetchChoice) -> dict[str, Any]:
    """Convert a classifier, write its folder, open it and compare it with known grades.

    Args:
        model: What to convert.
        folder: An empty one.
        choice: What the person said.

    Returns:
        The facts of its card.

    Raises:
        ValueError: The model is not supported, its files are missing or faulty, or its vocabulary
            cannot spell a language.
        InputError: The window is longer than it can read, or its grades are not those expected.
    """
    classifier = convert(model.folder, choice.classes)
    positions = classifier.positions
    window = choice.window_tokens or min(positions, MOST_POSITIONS)
    if window > positions:
        raise InputError(
            f"--window-tokens {window}: {model.origin} reads at most {positions} at once"
        )
    _write_files(model, classifier, folder)
    facts: dict[str, Any] = {
        "origin": model.origin,
        "revision": model.revision,
        "licence": model.licence,
        "model_type": classifier.model_type,
        "classes": dict(classifier.classes),
        "files": model.digests(),
    }
    languages = tuple(choice.languages or model.languages)
    card = EncoderCard(max_tokens=window, languages=languages, training=facts)
    encoder = _described(card, folder)
    if choice.scores:
        grades = head_grades(encoder, [text for text, _ in choice.scores])
        facts["compared"] = compare_scores(grades, choice.scores, choice.tolerance)
        if choice.int8:
            quantise(folder)
            facts["int8"] = int8_loss(_described(card, folder), grades, choice.scores)
        _described(card, folder)
    told = f"{classifier.model_type}, windows of {window} tokens"
    (folder / "card.md").write_text(grader_page(facts, languages, told), "utf-8")
    return facts


def head_grades(encoder: EncoderModel, texts: Sequence[str]) -> Floats:
    """Grades of the first windows of texts, float64[n] in 0..5.

    Of a text longer than the window its head alone is graded, as those who publish classifiers do: what is
    compared is the graph and the tokenizer, not our choice of windows.

    Raises:
        InputError: A text has no token.
    """
    grades = []
    for number, text in enumerate(texts, 1):
        windows = encoder.tokeniser.windows(text).windows
        if not windows:
            raise InputError(f"--expected: text {number} has no token: take it out")
        grades.append(encoder.run(windows[0])[0])
    clipped: Floats = np.clip(grades, LOWEST_GRADE, HIGHEST_GRADE)
    return clipped


def quantise(folder: Path) -> None:
    """Replace a folder's graph by one that multiplies 8-bit integers, scaled text by text."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    beside = (folder / f"{GRAPH_NAME}.data").exists()
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch)
        logging.disable(logging.WARNING)  # it recommends a step for graphs of images
        try:
            quantize_dynamic(
                folder / GRAPH_NAME,
                made / GRAPH_NAME,
                op_types_to_quantize=["MatMul"],
                # Sums of products with signed weights overflow on processors without VNNI.
                weight_type=QuantType.QUInt8,
                per_channel=True,
                use_external_data_format=beside,
            )
        finally:
            logging.disable(logging.NOTSET)
        for path in folder.glob(f"{GRAPH_NAME}*"):
            path.unlink()
        for path in made.iterdir():
            path.rename(folder / path.name)


def int8_loss(
    encoder: EncoderModel, before: Floats, scores: Sequence[tuple[str, float]]
) -> dict[str, Any]:
    """What int8 changes in the grades of texts, and how many come to stand on the other side of the cut."""
    after = head_grades(encoder, [text for text, _ in scores])
    differences = np.abs(after - before)
    sides = [np.rint(grades) >= GRADE_CUT for grades in (before, after)]
    return {
        "largest_difference": round(float(differences.max()), 6),
        "mean_difference": round(float(differences.mean()), 6),
        "other_side_of_the_cut": int((sides[0] != sides[1]).sum()),
    }


def _write_files(model: PublishedModel, classifier: Classifier, folder: Path) -> None:
    graph = folder / GRAPH_NAME
    beside = classifier.graph.ByteSize() > MOST_BYTES_IN_A_GRAPH
    onnx.save_model(
        classifier.graph, str(graph), save_as_external_data=beside, location=f"{GRAPH_NAME}.data"
    )
    onnx.checker.check_model(str(graph))
    shutil.copyfile(model.folder / TOKENISER_NAME, folder / TOKENISER_NAME)
    shutil.copyfile(model.folder / CONFIG_NAME, folder / CONFIG_NAME)
    for path in model.licence_files():
        shutil.copyfile(path, folder / path.name)


def _described(card: EncoderCard, folder: Path) -> EncoderModel:
    """Write ``model.json`` over the files as they are, and open the folder as a run does."""
    names = [*(path.name for path in sorted(folder.glob(f"{GRAPH_NAME}*"))), TOKENISER_NAME]
    digests = {name: file_digest(folder / name) for name in names}
    write_description(folder, KIND, {**asdict(card), "digests": digests})
    return open_encoder(folder)
