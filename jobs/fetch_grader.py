"""A published classifier → a folder that --grader takes: downloaded, converted without torch, compared."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.command.running import run
from jobs.models.output_folder import checked_output, emptied
from jobs.runtime.errors import MissingRequirementError, SettingsError

if TYPE_CHECKING:
    from jobs.models.conversion.fetch_choice import FetchChoice
    from jobs.models.conversion.published_model import PublishedModel


def fetch_grader(given: str, output: str, choice: FetchChoice) -> str:
    """Make a grader of a published classifier.

    Args:
        given: ``hf:OWNER/NAME``, ``hf:OWNER/NAME@REVISION``, or a local folder; of a fastText model its file,
            there or here.
        output: Local folder; must be empty or hold an older model, which stays where anything fails.
        choice: What the person says about the model.

    Returns:
        The card, as text for the terminal.

    Raises:
        SettingsError: int8 is wanted, and there are no texts to measure its loss on.
        InputError: The output holds something else, or the grades are not those expected.
        MissingRequirementError: The model cannot be had or is not supported, or a package is missing.
    """
    if choice.int8 and not choice.scores:
        raise SettingsError(
            "--int8 needs --expected FILE: what it loses is measured on those texts"
        )
    folder = checked_output(output)
    model, write = _found(given)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
        made = Path(scratch) / "grader"
        made.mkdir()
        try:
            write(model, made, choice)
        except ValueError as error:
            raise MissingRequirementError(str(error).replace(str(made), given)) from error
        made.rename(emptied(folder))
    return (folder / "card.md").read_text("utf-8")


def _found(
    given: str,
) -> tuple[PublishedModel, Callable[[PublishedModel, Path, FetchChoice], object]]:
    """A model, and what writes a grader of it."""
    from jobs.models.conversion import published_model

    if published_model.names_fasttext(given):
        from jobs.models.conversion.fasttext_folder import write_fasttext_grader

        return published_model.find_fasttext(given), write_fasttext_grader
    try:
        from jobs.models.conversion.grader_folder import write_grader
    except ImportError as error:
        raise MissingRequirementError(
            f"fetch-grader needs the package onnx ({error}): pip install 'corpusmill[fetch-grader]'"
        ) from error
    return published_model.find_model(given), write_grader


def fetch_grader_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill fetch-grader` with the grader's card."""
    from jobs.models.conversion.fetch_choice import FetchChoice
    from jobs.models.conversion.published_model import read_scores

    choice = FetchChoice(
        classes=arguments.classes or (),
        languages=arguments.languages or (),
        window_tokens=arguments.window_tokens,
        scores=read_scores(arguments.expected) if arguments.expected else (),
        tolerance=arguments.tolerance,
        int8=arguments.int8,
    )
    return fetch_grader(arguments.model, arguments.output, choice)


if __name__ == "__main__":  # spark-submit jobs/fetch_grader.py
    from jobs.fetch_grader import (
        fetch_grader_command,  # what Spark ships must not belong to __main__
    )

    sys.exit(run("fetch-grader", fetch_grader_command))
