"""Pages with gold text → the model of the profile `learned`, the models of its folds, and a card."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from jobs.command.running import run
from jobs.models.extractor.agreed_pages import agreed_pages
from jobs.models.extractor.gold_pages import read_gold_pages, training_page
from jobs.models.extractor.model_card import card_text, evaluate
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.errors import InputError
from udfs.extraction.html.learned.model import MODEL_FILE, save_block_model
from udfs.extraction.html.training.fitting import ABLATION, FIRST, SECOND, train_blocks


def train_extractor(
    given: str,
    output: str,
    reporter: Reporter,
    unlabelled: str | None = None,
    trees: int | None = None,
    *,
    with_ablation: bool = False,
) -> str:
    """Train the reader and write its folder.

    Args:
        given: Folder of gold pages; see ``read_gold_pages``.
        output: Local folder; receives ``block_model.npz``, ``fold-N.npz`` and ``card.md``.
        reporter: Told about every step.
        unlabelled: Folder of pages that two other readers label where they agree.
        trees: Trees of the first stage, two thirds of it in the second; None as the shipped model has.
        with_ablation: Whether the card says what each group of features is worth.

    Returns:
        The card. The same pages give the same files.

    Raises:
        InputError: There are no pages to train on, or of too few sites.
    """
    if "://" in output:
        raise InputError(f"{output} is no local folder: give one, and copy the files from there")
    gold = read_gold_pages(given)
    training = [training_page(page) for page in gold]
    agreed = agreed_pages(unlabelled) if unlabelled else []
    first, second = FIRST, SECOND
    if trees is not None:
        first, second = replace(FIRST, trees=trees), replace(SECOND, trees=max(1, trees * 2 // 3))
    ablation = replace(ABLATION, trees=min(ABLATION.trees, first.trees)) if with_ablation else None
    try:
        trained = train_blocks([*training, *agreed], reporter.note, first, second, ablation)
    except ValueError as error:
        raise InputError(f"{given}: {error}") from error
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    save_block_model(trained.model, folder / MODEL_FILE)
    for number, model in enumerate(trained.folds):
        save_block_model(model, folder / f"fold-{number}.npz")
    card = card_text(evaluate(gold, training, trained), trained, len(gold), len(agreed))
    (folder / "card.md").write_text(card, "utf-8")
    return card


def train_extractor_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill train-extractor` with the model's card."""
    return train_extractor(
        arguments.pages,
        arguments.output,
        Reporter(quiet=arguments.quiet),
        arguments.unlabelled,
        arguments.trees,
        with_ablation=arguments.ablation,
    )


if __name__ == "__main__":  # spark-submit jobs/train_extractor.py
    from jobs.train_extractor import (
        train_extractor_command,  # what Spark ships must not belong to __main__
    )

    sys.exit(run("train-extractor", train_extractor_command))
