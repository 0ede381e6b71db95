"""A regression head on a frozen encoder, and its calibration: minutes on a processor, no torch.

The encoder is not trained (as for FineWeb-Edu's classifier, whose encoder and embeddings were frozen
too): its mean vectors are computed once, and ridge regression on them is a closed formula.
"""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.grading.encoder_model import (
    GRAPH_NAME,
    HEAD_NAME,
    KIND,
    TOKENISER_NAME,
    EncoderCard,
    EncoderModel,
    open_graph,
    output_width,
)
from udfs.grading.encoder_tokens import WindowTokeniser, refuse_unreadable
from udfs.learning.calibration import fit_linear_calibration
from udfs.learning.labelled_texts import LabelledTexts
from udfs.learning.linear_training import training_facts
from udfs.learning.model_folder import write_description

RIDGES: Final = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Tried as multiples of the vectors' mean variance; the calibration part chooses."""
SAMPLE_TEXTS: Final = 200

Floats = npt.NDArray[np.float64]


def train_encoder(
    labelled: LabelledTexts, source: Path, max_tokens: int
) -> tuple[EncoderModel, Floats]:
    """Fit what stands behind a frozen graph: a head where it has none, and the calibration.

    Args:
        labelled: Graded documents.
        source: Folder with ``model.onnx`` and ``tokenizer.json``.
        max_tokens: Length of a window.

    Returns:
        The model, and its grades of all documents, float64[n], NaN where it cannot read one.

    Raises:
        ValueError: If the folder cannot be used, or over a fifth of the characters of a language of
            the documents are unknown to its vocabulary.
    """
    tokeniser = WindowTokeniser(source / TOKENISER_NAME, max_tokens)
    graph = open_graph(source / GRAPH_NAME)
    for language in labelled.taught_languages:
        rows = np.flatnonzero(labelled.languages == language)[:SAMPLE_TEXTS]
        opening = (str(text)[:200] for text in labelled.texts.take(pa.array(rows)).to_pylist())
        refuse_unreadable(tokeniser, language, " ".join(opening), str(source))
    card = EncoderCard(max_tokens, languages=labelled.taught_languages)
    model = EncoderModel(graph, tokeniser, card, None, "")
    output_width(model, str(source))
    vectors = model.vectors(labelled.texts)
    part = labelled.split
    readable = ~np.isnan(vectors[:, 0])
    if vectors.shape[1] > 1:
        head = _ridge_head(vectors, labelled, part.training & readable, part.calibration & readable)
        model = dataclasses.replace(model, head=head)
    measured = part.calibration & readable
    slope, intercept = fit_linear_calibration(
        model.raw(vectors)[measured], labelled.labels[measured]
    )
    card = dataclasses.replace(card, slope=slope, intercept=intercept)
    model = dataclasses.replace(model, card=card)
    return model, model.grades(vectors)


def encoder_card(model: EncoderModel, grades: Floats, labelled: LabelledTexts) -> EncoderCard:
    """The model's card with the result of its test; where it has no grade it counts as 0."""
    facts = training_facts(np.nan_to_num(grades), labelled, 5.0)
    return dataclasses.replace(model.card, training=facts)


def save_encoder(model: EncoderModel, card: EncoderCard, source: Path, folder: Path) -> None:
    """Write an encoder folder.

    Args:
        model: Of :func:`train_encoder`.
        card: Of :func:`encoder_card`.
        source: The folder it was trained from; graph and tokenizer are copied.
        folder: Made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob(f"{GRAPH_NAME}*")):  # large graphs keep weights in a second file
        shutil.copyfile(path, folder / path.name)
    shutil.copyfile(source / TOKENISER_NAME, folder / TOKENISER_NAME)
    names = [GRAPH_NAME, TOKENISER_NAME]
    if model.head is not None:
        np.savez(folder / HEAD_NAME, head=model.head)
        names.append(HEAD_NAME)
    digests = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)
    }
    write_description(folder, KIND, {**dataclasses.asdict(card), "digests": digests})


def _ridge_head(
    vectors: Floats,
    labelled: LabelledTexts,
    training: npt.NDArray[np.bool_],
    calibration: npt.NDArray[np.bool_],
) -> Floats:
    labels = labelled.labels
    mean, level = vectors[training].mean(axis=0), labels[training].mean()
    centred = vectors[training] - mean
    covariance = centred.T @ centred / len(centred)
    moments = centred.T @ (labels[training] - level) / len(centred)
    size = np.trace(covariance) / len(mean)
    heads, errors = [], []
    for ridge in RIDGES:
        weights = np.linalg.solve(covariance + ridge * size * np.eye(len(mean)), moments)
        head = np.append(weights, level - mean @ weights)
        missed = vectors[calibration] @ head[:-1] + head[-1] - labels[calibration]
        heads.append(head)
        errors.append(float(np.mean(missed**2)))
    return heads[int(np.argmin(errors))]
