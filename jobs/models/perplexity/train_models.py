"""Texts -> a folder of perplexity models, one a language and fold."""

from __future__ import annotations

import functools
import re
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from jobs.models.perplexity.lmplz_training import require_lmplz, train_with_lmplz
from jobs.models.perplexity.sample_documents import (
    CollectedSample,
    SampleDocuments,
    SampledTexts,
    SparkSample,
    StoredSample,
    collect_samples,
)
from jobs.models.perplexity.sample_texts import LanguageSample
from jobs.models.perplexity.settings import PerplexitySettings
from jobs.models.perplexity.trained_model import (
    ArpaSource,
    model_card,
    write_card,
    write_model_files,
)
from jobs.runtime.errors import InputError, SettingsError
from jobs.runtime.store.replaced_folders import replace_folder
from jobs.runtime.store.storage import absolute, delete_tree, exists, holds_anything, join
from udfs.perplexity.folder import MODEL_CARD

_FOLDS_AT_ONCE = 2  # each holds what it is trained on
Train = Callable[[list[LanguageSample], Path], dict[str, dict[str, Any]]]
"""Writes the models of some languages into a folder and returns their entries of model.json."""

_LANGUAGE_CODE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")


def train_models(
    texts: DataFrame,
    settings: PerplexitySettings,
    work_folder: str,
    model_folder: str,
) -> dict[str, Any]:
    """Train modified Kneser-Ney models and publish them as a folder.

    The result depends on the set of texts and the settings only: not on the order of rows, their
    partitions, ids or a retry. Languages up to ``settings.driver_tokens`` are trained on the driver.

    Args:
        texts: Columns ``text`` (string, one sentence a line) and ``language`` (string); rows with a
            null are ignored, other columns too: the fold of a document follows from its text.
        settings: Order, pruning, folds, sample.
        work_folder: Scratch of this training, local or remote; emptied of its own files at the end.
        model_folder: Folder to create, local or remote; a model folder that stands there is replaced.

    Returns:
        The content of model.json: ``languages`` with every model's n-grams, training tokens,
        held-out perplexity and OOV share; ``skipped`` with a reason for each language left out.

    Raises:
        InputError: A column is missing.
        SettingsError: ``model_folder`` holds something that is not a model folder.
    """
    missing = {"text", "language"} - set(texts.columns)
    if missing:
        raise InputError(
            f"the training text has no column {', '.join(sorted(missing))}: it has "
            f"{', '.join(texts.columns)}; rename the columns to text and language"
        )
    return train_sampled(SparkSample(texts, settings), settings, work_folder, model_folder)


def train_sampled(
    sampled: SampledTexts, settings: PerplexitySettings, work_folder: str, model_folder: str
) -> dict[str, Any]:
    """The same for texts whose sample Spark or this process finds; see ``train_models``."""
    train = functools.partial(_train_languages, sampled, settings, work_folder)
    return _publish(sampled.plan, settings, model_folder, train)


def _publish(
    plan: Callable[[], list[LanguageSample]],
    settings: PerplexitySettings,
    model_folder: str,
    train: Train,
) -> dict[str, Any]:
    require_lmplz(settings.lmplz)
    target = absolute(model_folder)
    _check_target(target)
    with tempfile.TemporaryDirectory(prefix="corpusmill-training-") as scratch:
        folder = Path(scratch) / "model"
        folder.mkdir()
        card = _write_folder(plan(), settings, folder, train)
        replace_folder(folder, target)
    return card


def _write_folder(
    planned: list[LanguageSample],
    settings: PerplexitySettings,
    folder: Path,
    train: Train,
) -> dict[str, Any]:
    samples, skipped = _choose(planned, settings)
    languages = train(samples, folder)
    skipped |= {
        sample.language: f"fewer than {settings.min_training_tokens} tokens outside each fold"
        for sample in samples
        if not languages[sample.language]["models"]
    }
    trained = {code: entry for code, entry in languages.items() if entry["models"]}
    card = model_card(settings.order, settings.folds, trained, skipped)
    write_card(folder, card)
    return card


def _check_target(target: str) -> None:
    if exists(target) and not exists(join(target, MODEL_CARD)) and holds_anything(target):
        raise SettingsError(
            f"{target} exists and holds no {MODEL_CARD}: it will not be overwritten; give another "
            "model folder or remove it"
        )


def _choose(
    samples: list[LanguageSample], settings: PerplexitySettings
) -> tuple[list[LanguageSample], dict[str, str]]:
    """(languages to train, reason by language that is left out)."""
    chosen: list[LanguageSample] = []
    skipped: dict[str, str] = {}
    for sample in samples:
        if settings.languages is not None and sample.language not in settings.languages:
            continue
        if not _LANGUAGE_CODE.fullmatch(sample.language):
            skipped[sample.language] = "not a language code"
        elif sample.tokens < settings.min_training_tokens:
            skipped[sample.language] = (
                f"{sample.tokens} tokens, fewer than min_training_tokens {settings.min_training_tokens}"
            )
        else:
            chosen.append(sample)
    for language in set(settings.languages or ()) - {sample.language for sample in samples}:
        skipped[language] = "no text"
    return chosen, skipped


def _train_languages(
    sampled: SampledTexts,
    settings: PerplexitySettings,
    work_folder: str,
    samples: list[LanguageSample],
    folder: Path,
) -> dict[str, dict[str, Any]]:
    """Entries of model.json by language; small languages in memory, large ones as Spark jobs."""
    scratch = join(work_folder, "perplexity-training")
    groups = _memory_groups(samples, settings.driver_tokens)
    large = [sample for sample in samples if sample.tokens > settings.driver_tokens]
    read_once = not large and len(groups) <= 1
    sampled.choose(samples, None if read_once else join(scratch, "sample"))
    entries: dict[str, dict[str, Any]] = {}
    for group in groups:
        for language, documents in collect_samples(sampled.rows(group), group).items():
            entries[language] = _train_language(documents, settings, folder)
    for sample in large:
        stored = StoredSample(sampled.frame(), sample, settings.bucket_tokens, scratch)
        entries[sample.language] = _train_language(stored, settings, folder)
    delete_tree(scratch)
    return dict(sorted(entries.items()))


def _memory_groups(samples: list[LanguageSample], driver_tokens: int) -> list[list[LanguageSample]]:
    """Languages small enough for the driver, in groups that fit its memory together."""
    groups: list[list[LanguageSample]] = []
    used = 0
    for sample in samples:
        if sample.tokens > driver_tokens:
            continue
        if not groups or used + sample.tokens > driver_tokens:
            groups.append([])
            used = 0
        groups[-1].append(sample)
        used += sample.tokens
    return groups


def _train_language(
    documents: SampleDocuments, settings: PerplexitySettings, folder: Path
) -> dict[str, Any]:
    """Train every fold's model of one language; the language's entry of model.json."""
    sample = documents.sample
    train = functools.partial(_train_fold, documents, settings, folder)
    folds = list(enumerate(sample.held_out_folds(settings)))
    if isinstance(documents, CollectedSample) and settings.lmplz is None:
        # Two folds side by side: numpy and kernels do not hold the interpreter.
        with ThreadPoolExecutor(_FOLDS_AT_ONCE) as pool:
            models = list(pool.map(train, folds))
    else:
        models = list(map(train, folds))
    return {
        "models": [model for model in models if model is not None],
        "sample_tokens": sample.tokens,
    }


def _train_fold(
    documents: SampleDocuments,
    settings: PerplexitySettings,
    folder: Path,
    numbered: tuple[int, int | None],
) -> dict[str, Any] | None:
    """Write the model that does not see one fold; None where too little text is left."""
    number, held_out_fold = numbered
    sample = documents.sample
    tokens, count = sample.training_size(held_out_fold)
    if tokens < settings.min_training_tokens:
        return None
    prune = settings.pruning_for(tokens)
    trained: ArpaSource
    if settings.lmplz is None:
        trained = documents.train(held_out_fold, settings.order, prune)
    else:
        seen = documents.seen(held_out_fold)
        trained = train_with_lmplz(seen, settings.order, prune, settings.lmplz, folder)
    held_out = documents.held_out(held_out_fold) if held_out_fold is not None else []
    stem = f"{sample.language}.{number}"
    kinds = {"binary": settings.binary, "keep_arpa": settings.keep_arpa}
    return {
        "held_out_fold": held_out_fold if settings.folds > 1 else None,
        **write_model_files(folder, stem, trained, held_out, **kinds),
        "prune": list(prune),
        "training_tokens": tokens,
        "training_documents": count,
    }
