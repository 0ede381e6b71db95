"""What a command's arguments open: the recipe, the models, the session with its lock on OUTPUT."""

from __future__ import annotations

import argparse
import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from jobs.command.arguments import spark_settings

if TYPE_CHECKING:
    from jobs.lake.table_names import LakeTable
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
    arguments: argparse.Namespace, output: str, *, writes: bool = True, made: bool = False
) -> Iterator[RunContext]:
    """Hold OUTPUT, start Spark when it is asked for, and stop it after the block.

    Args:
        arguments: Of the command line. Tables of a lake among its ``input`` or ``inputs`` are, in the block,
            the folders of their copies in OUTPUT.
        output: Folder or prefix.
        writes: Whether anything will be; if not, OUTPUT is neither held nor made.
        made: Whether OUTPUT is a run that must be there: a mistyped name makes no folder.

    Raises:
        InputError: A table of a lake, or the run, is not there.
        SettingsError: It is to be read, and OUTPUT is not named or nothing may be written.
        OutputBusyError: Another driver writes there.
        MissingRequirementError: OUTPUT cannot be written, or Spark's workers would import packages of
            somebody else's instead of ours.
        StageError: Spark failed.
    """
    from jobs.lake.pinned_copies import pinned_copies
    from jobs.runtime.contract.manifest import require_run
    from jobs.runtime.contract.progress import Reporter
    from jobs.runtime.contract.stage import RunContext, session_when_asked
    from jobs.runtime.own_packages import require_own_packages
    from jobs.runtime.spark.session import local_threads, runs_locally, start_session
    from jobs.runtime.store import storage
    from jobs.runtime.store.output_lease import OutputLease, hold_output

    local = runs_locally(arguments.master)
    if local:  # elsewhere, workers are given our code as an archive or are installed
        require_own_packages()
    tables = _lake_tables(arguments, output, writes=writes)
    settings = _with_lakes(arguments, tables)
    reporter = Reporter(quiet=arguments.quiet, log_format=arguments.log_format)
    folder = storage.absolute(output)
    if made:
        require_run(folder)
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
            context = RunContext(session, folder, reporter, lease, local, threads)
            with pinned_copies(context, list(tables.values())) as folders:
                _put(arguments, dict(zip(tables, folders, strict=True)))
                yield context


def _lake_tables(
    arguments: argparse.Namespace, output: str, *, writes: bool
) -> dict[str, LakeTable]:
    """Return the tables of a lake among the inputs of a command, by the user's words for them."""
    from jobs.lake.table_names import is_lake_table, require_lake_table
    from jobs.runtime.errors import SettingsError

    given = [getattr(arguments, "input", None), *getattr(arguments, "inputs", [])]
    tables = {word: require_lake_table(word) for word in given if word and is_lake_table(word)}
    if tables and is_lake_table(output):
        raise SettingsError(
            f"{output} is read, not written: name OUTPUT, a folder for what is made"
        )
    if tables and not writes:
        raise SettingsError(
            f"{', '.join(tables)} is copied into OUTPUT before it is read, and this command writes nothing: "
            "leave --dry-run out"
        )
    return tables


def _with_lakes(arguments: argparse.Namespace, tables: Mapping[str, LakeTable]) -> dict[str, str]:
    """Return the settings of the session, with what tables of a lake need where we start it."""
    from jobs.lake.session_settings import lake_settings
    from jobs.lake.table_names import parse_lake_table
    from jobs.runtime.spark.session import under_spark_submit

    settings = spark_settings(arguments.spark_conf)
    if under_spark_submit():
        return settings
    target = getattr(arguments, "to", None)
    written = [] if target is None else [parse_lake_table(target)]
    return settings | lake_settings([*tables.values(), *written], settings)


def _put(arguments: argparse.Namespace, folders: Mapping[str, str]) -> None:
    for name in ("input", "inputs"):
        given = getattr(arguments, name, None)
        if isinstance(given, str):
            setattr(arguments, name, folders.get(given, given))
        elif given is not None:
            setattr(arguments, name, [folders.get(word, word) for word in given])


def _uses_s3(arguments: argparse.Namespace) -> bool:
    from jobs.runtime.store.s3_store import is_s3

    given = (value if isinstance(value, list) else [value] for value in vars(arguments).values())
    return any(isinstance(word, str) and is_s3(word) for words in given for word in words)
