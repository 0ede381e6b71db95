"""The command `corpusmill`, and three functions for notebooks: ``trace``, ``sample`` and ``register``.

    >>> import corpusmill
    >>> corpusmill.trace("OUTPUT", "metformin combined with chlorpromazine for diabetes").to_pandas()
    >>> corpusmill.sample("OUTPUT", 5, status="left")["reason"]
    >>> corpusmill.register(spark)
    >>> spark.sql("select language(text).language, safety(text).keyword_flag from documents")

The command is started from its own folder whatever else is called `jobs` or `udfs`: a folder of the user's on
PYTHONPATH may hold packages of these names, too. They would be imported here, in the Python workers that
Spark starts and in the parser child, instead of ours.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

__all__ = ["main", "register", "sample", "trace"]

HOME = str(Path(__file__).parent)


def main() -> int:
    """Run the command with corpusmill's own packages before all others; see ``jobs.command_line``."""
    _look_here_first()
    if os.environ.get(
        "PYTHONPATH"
    ):  # what workers look through; without it, they see what is installed
        os.environ["PYTHONPATH"] = os.pathsep.join([HOME, os.environ["PYTHONPATH"]])
    from jobs.command_line import main as run_command

    return run_command()


def trace(
    run: str,
    phrase: str,
    *,
    status: str | None = None,
    source: str | None = None,
    limit: int | None = None,
) -> pa.Table:
    """Return the documents of an indexed run or table that hold a phrase, kept and left, a row each.

    Args:
        run: A run's folder, or that of an index; local or in an object store.
        phrase: Words in a row; case, punctuation, width and line breaks do not matter. From 9 words, or
            characters of a script without spaces, on no document is missed.
        status: Only ``kept``, ``duplicate``, ``dropped`` or ``quarantined`` ones; ``left``: all but the kept.
        source: Only those whose file or address fits this glob, e.g. ``*forum*``.
        limit: Most rows; None: all.

    Returns:
        The columns of ``jobs.inspection.tracing.TracedDocument``: id, status, stage, reason, keeper, ...,
        before, match, after. ``.to_pandas()`` makes a data frame of it.

    Raises:
        jobs.runtime.errors.InputError: There is no index, it is stale, or the phrase has no word.
    """
    _look_here_first()
    from jobs.inspection.passage_places import placed
    from jobs.inspection.tracing import documents_table, trace_phrase

    found = trace_phrase(run, phrase, status=status, source=source, limit=limit)
    return documents_table(placed(found.documents))


def sample(run: str, rows: int = 20, *, status: str = "kept", seed: int = 0) -> pa.Table:
    """Return documents of a published run drawn at random, each as likely as any other.

    Args:
        run: The run's folder.
        rows: How many; fewer where the run has fewer.
        status: ``kept``: of the corpus; ``left``: of those that a rule, a grade or deduplication took out.
        seed: One seed draws the same rows.

    Returns:
        By id: id, text, source, url, language, stage, reason.

    Raises:
        jobs.runtime.errors.InputError: The run was not published, or the status is another.
    """
    _look_here_first()
    from jobs.inspection.sample_documents import sample_documents

    return sample_documents(run, rows, status=status, seed=seed)


def register(
    spark: SparkSession,
    *,
    perplexity_model: str | None = None,
    safety_model: str | None = None,
    grader: str | None = None,
    annotators: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Register all signals as functions for SQL in a session; docs/opening.md lists them with their types.

    Args:
        spark: The session.
        perplexity_model: Folder of models, local or remote; adds ``perplexity(text)``.
        safety_model: Folder of a model: a second opinion in ``safety(text)`` beside the keywords.
        grader: Folder of a grader; adds ``quality(text)``.
        annotators: Functions of your own by name, ``MODULE:FUNCTION``, shipped to workers
            (docs/annotators.md); each adds one.

    Returns:
        The names of the functions with the types they return, as Spark writes them.

    Raises:
        jobs.runtime.errors.CorpusmillError: A model or an annotator is not there or cannot be used.
    """
    _look_here_first()
    from jobs.models.run_models import RunModels
    from jobs.recipes.recipe import ANNOTATORS
    from jobs.recipes.signal_catalogue import own_annotator
    from jobs.runtime.spark.shipped_code import ship
    from jobs.runtime.store.node_copies import NodeCopy
    from jobs.runtime.user_code import spelled_out
    from udfs.pandas_functions import register as register_functions

    RunModels.checked(perplexity_model, grader, safety_model)
    own = {name: spelled_out(place, ANNOTATORS) for name, place in (annotators or {}).items()}
    for place in own.values():
        own_annotator(place)
    ship(spark, own.values())
    perplexity, safety, grading = (
        NodeCopy.of(folder).path if folder is not None else None
        for folder in (perplexity_model, safety_model, grader)
    )
    types = register_functions(
        spark, perplexity_model=perplexity, safety_model=safety, grader=grading, own=own
    )
    return {name: type_.simpleString() for name, type_ in types.items()}


def _look_here_first() -> None:
    if sys.path[:1] != [HOME]:
        sys.path.insert(0, HOME)
