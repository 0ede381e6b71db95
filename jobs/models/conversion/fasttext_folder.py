"""A grader's folder from a fastText classifier: its file, what its classes are worth, a card."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from jobs.models.conversion.fetch_choice import FetchChoice, class_grades, compare_scores
from jobs.models.conversion.grader_card import grader_page
from jobs.models.conversion.published_model import PublishedModel
from jobs.runtime.errors import InputError
from udfs.grading.fasttext_file import FastTextFile, open_fasttext_file
from udfs.grading.fasttext_model import KIND, MODEL_NAME, FastTextCard, open_fasttext
from udfs.learning.model_folder import write_description

PREFIX: Final = "__label__"


def write_fasttext_grader(
    model: PublishedModel, folder: Path, choice: FetchChoice
) -> dict[str, Any]:
    """Copy a classifier into a folder, describe and open it, and compare it with known grades.

    Args:
        model: Whose one file is copied.
        folder: An empty one.
        choice: What the person said.

    Returns:
        The facts of its card.

    Raises:
        ValueError: The file is damaged or not supported, or the order of its classes is not known.
        InputError: Its grades are not those expected, or the choice is of encoders.
    """
    if choice.int8 or choice.window_tokens is not None:
        raise InputError(
            f"{model.origin} is a fastText model, which reads whole texts with the weights that it has: leave"
            " --int8 and --window-tokens out"
        )
    (name,) = model.files
    file = open_fasttext_file(model.folder / name)
    bare = {label: label.removeprefix(PREFIX) for label in file.labels}
    grades = class_grades(model.origin, [*bare.values()], choice.classes)
    digests = model.digests()
    facts: dict[str, Any] = {
        "origin": model.origin,
        "revision": model.revision,
        "licence": model.licence,
        "classes": grades,
        "files": digests,
    }
    shutil.copyfile(model.folder / name, folder / MODEL_NAME)
    for path in model.licence_files():
        shutil.copyfile(path, folder / path.name)
    languages = tuple(choice.languages or model.languages)
    card = FastTextCard({label: grades[bare[label]] for label in file.labels}, languages, facts)
    model_digest = {MODEL_NAME: digests[name]}
    write_description(folder, KIND, {**asdict(card), "digests": model_digest})
    grader = open_fasttext(folder)
    if choice.scores:
        found = grader.predict(pa.array([text for text, _ in choice.scores], pa.string()))
        facts["compared"] = compare_scores(found.astype(float), choice.scores, choice.tolerance)
        write_description(folder, KIND, {**asdict(card), "digests": model_digest})
    (folder / "card.md").write_text(grader_page(facts, languages, _told(file)), "utf-8")
    return facts


def _told(file: FastTextFile) -> str:
    vocabulary = file.vocabulary
    parts: Sequence[str] = [
        f"fastText ({file.loss}), {vocabulary.words:,} words in {file.outputs.shape[1]} columns",
        *([f"n-grams of {vocabulary.orders} words"] * (vocabulary.orders > 1)),
        *(
            [f"of {vocabulary.shortest} to {vocabulary.longest} characters"]
            * (vocabulary.longest > 0)
        ),
    ]
    return ", ".join(parts) + "; a text is read whole"
