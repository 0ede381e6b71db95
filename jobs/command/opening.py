"""What a command's arguments open: the recipe, the models, the session with its lock on OUTPUT."""

from __future__ import annotations

import argparse
import contextlib
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobs.command.arguments import spark_settings

if TYPE_CHECKING:
    from jobs.models.run_models import RunModels
    from jobs.recipes.recipe import Recipe
    from jobs.runtime.contract.stage import RunContext


def open_recipe(arguments: argparse.Namespace, run: str | None = None) -> Recipe:
    """Return the recipe of the command line, or else the one that ``run`` was decided by.

    Raises:
        SettingsError: The recipe has faults; all are named.
    """
    from jobs.recipes.stored_recipe import recipe_of_run

    return recipe_of_run(run, arguments.recipe, arguments.overrides)


def open_models(arguments: argparse.Namespace, recipe: Recipe) -> RunModels:
    """Return the models that the command line gives, checked before Spark starts.

    Raises:
        CorpusmillError: One cannot be used for what the recipe asks of it.
    """
    from jobs.models.run_models import RunModels

    given = (arguments.perplexity_model, arguments.grader, arguments.safety_model)
    return RunModels.checked(
        *given,
        languages=recipe.perplexity.languages,
        grade_languages=recipe.grade.languages,
        safety_settings=recipe.safety,
    )


@contextlib.contextmanager
def open_run(
    arguments: argparse.Namespace, output: str, *, writes: bool = True
) -> Iterator[RunContext]:
    """Hold OUTPUT, start Spark when it is asked for, and stop it after the block.

    Args:
        arguments: Of the command line.
        output: Folder or prefix.
        writes: Whether anything will be; if not, OUTPUT is neither held nor made.

    Raises:
        OutputBusyError: Another driver writes there.
        MissingRequirementError: OUTPUT cannot be written, or Spark's workers would import packages of
            somebody else's instead of ours.
        StageError: Spark failed.
    """
    from jobs.runtime.contract.progress import Reporter
    from jobs.runtime.contract.stage import RunContext, session_when_asked
    from jobs.runtime.own_packages import require_own_packages
    from jobs.runtime.spark.session import local_threads, runs_locally, start_session
    from jobs.runtime.store import storage
    from jobs.runtime.store.output_lease import OutputLease, hold_output

    local = runs_locally(arguments.master)
    if local:  # elsewhere, workers are given our code as an archive or are installed
        require_own_packages()
    settings = spark_settings(arguments.spark_conf)
    reporter = Reporter(quiet=arguments.quiet, log_format=arguments.log_format)
    folder = storage.absolute(output)
    held = hold_output(folder, reporter.note) if writes else contextlib.nullcontext(OutputLease())
    with held as lease:
        start = functools.partial(
            start_session,
            "corpusmill",
            master=arguments.master,
            settings=settings,
            uses_s3=_uses_s3(arguments),
            debug=arguments.debug,
        )
        with session_when_asked(start) as session:
            if not local:  # a cluster manager waits for its application to report
                session()
            threads = local_threads(arguments.master)
            yield RunContext(session, folder, reporter, lease, local, threads)


def _uses_s3(arguments: argparse.Namespace) -> bool:
    from jobs.runtime.store.s3_store import is_s3

    given = (value if isinstance(value, list) else [value] for value in vars(arguments).values())
    return any(isinstance(word, str) and is_s3(word) for words in given for word in words)
