"""What a command's arguments open: the recipe, the models, the session with its lock on OUTPUT."""

from __future__ import annotations

import argparse
import contextlib
import functools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.command.arguments import spark_settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

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
        writes: Whether anything will be; if not, OUTPUT is neither held nor made, and tables stay as they are
            spelt.
        made: Whether OUTPUT is a run that must be there: a mistyped name makes no folder.

    Raises:
        InputError: A table of a lake, or the run, is not there.
        SettingsError: It is to be read, and OUTPUT is not named.
        OutputBusyError: Another driver writes there.
        MissingRequirementError: OUTPUT cannot be written, or Spark's workers would import packages of
            somebody else's instead of ours.
        StageError: Spark failed.
    """
    from jobs.lake.pinned_copies import pinned_copies
    from jobs.lake.table_names import is_lake_table
    from jobs.runtime.contract.manifest import require_run
    from jobs.runtime.contract.progress import Reporter
    from jobs.runtime.contract.stage import RunContext, session_when_asked
    from jobs.runtime.errors import SettingsError
    from jobs.runtime.own_packages import require_own_packages
    from jobs.runtime.spark.connect import require_same_files
    from jobs.runtime.spark.session import is_connect, local_threads, runs_locally
    from jobs.runtime.store import storage
    from jobs.runtime.store.output_lease import OutputLease, hold_output

    local = runs_locally(arguments.master)
    if local:  # elsewhere, workers are given our code as an archive or are installed
        require_own_packages()
    tables = _lake_tables(arguments, ("input", "inputs"))
    if tables and is_lake_table(output):
        raise SettingsError(
            f"{output} is read, not written: name OUTPUT, a folder for what is made"
        )
    start = _session_start(arguments)
    copied = tables if writes else {}
    reporter = Reporter(quiet=arguments.quiet, log_format=arguments.log_format)
    folder = storage.absolute(output)
    if made:
        require_run(folder)
    held = hold_output(folder, reporter.note) if writes else contextlib.nullcontext(OutputLease())
    with held as lease, session_when_asked(start) as session:
        if not local:  # a cluster manager waits for its application to report
            session()
        if writes and is_connect(arguments.master):
            require_same_files(session(), folder)
        threads = local_threads(arguments.master)
        context = RunContext(session, folder, reporter, lease, local, threads)
        with pinned_copies(context, list(copied.values())) as folders:
            _put(arguments, dict(zip(copied, folders, strict=True)))
            yield context


@contextlib.contextmanager
def fetched_tables(arguments: argparse.Namespace) -> Iterator[list[str]]:
    """Bring tables of a lake that this process alone reads to this machine; without any, do nothing.

    In the block ``labelled`` and ``benchmarks`` of the command line name folders of Parquet in their stead.

    Yields:
        The states that were read, as a user spells them.

    Raises:
        InputError: A table is not there, or too large for the driver.
        StageError: Spark failed.
    """
    from jobs.lake.small_tables import fetch_table
    from jobs.runtime.contract.progress import Reporter
    from jobs.runtime.contract.stage import session_when_asked

    tables = _lake_tables(arguments, ("labelled", "benchmarks"))
    if not tables:
        yield []
        return
    reporter = Reporter(quiet=arguments.quiet, log_format=arguments.log_format)
    with (
        tempfile.TemporaryDirectory(prefix="corpusmill-") as folder,
        session_when_asked(_session_start(arguments)) as session,
    ):
        fetched = {
            word: fetch_table(session(), table, Path(folder)) for word, table in tables.items()
        }
        for table in fetched.values():
            reporter.note(f"{table.state}: {table.rows:,} rows read")
        _put(arguments, {word: table.folder for word, table in fetched.items()})
        yield [table.state for table in fetched.values()]


def _session_start(arguments: argparse.Namespace) -> Callable[[], SparkSession]:
    """What starts the session of a command; the same settings whichever of its tables comes first."""
    from jobs.runtime.spark.session import start_session

    return functools.partial(
        start_session,
        "corpusmill",
        master=arguments.master,
        settings=_with_lakes(arguments),
        uses_s3=_uses_s3(arguments),
        debug=arguments.debug,
    )


def _lake_tables(arguments: argparse.Namespace, names: Sequence[str]) -> dict[str, LakeTable]:
    """Return the tables of a lake among some arguments, by the user's words for them without a mapping."""
    from jobs.lake.table_names import is_lake_table, require_lake_table

    words = [_unmapped(word)[1] for name in names for word in _given(arguments, name)]
    return {word: require_lake_table(word) for word in words if is_lake_table(word)}


def _with_lakes(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the settings of the session, with what tables of a lake need where we start it."""
    from jobs.lake.session_settings import lake_settings
    from jobs.lake.table_names import parse_lake_table
    from jobs.runtime.spark.session import brings_its_own

    settings = spark_settings(arguments.spark_conf)
    if brings_its_own(arguments.master):
        return settings
    tables = _lake_tables(arguments, ("input", "inputs", "labelled", "benchmarks"))
    target = getattr(arguments, "to", None)
    written = [] if target is None else [parse_lake_table(target)]
    return settings | lake_settings([*tables.values(), *written], settings)


def _put(arguments: argparse.Namespace, folders: Mapping[str, str]) -> None:
    for name in ("input", "inputs", "labelled", "benchmarks"):
        words = []
        for word in _given(arguments, name):
            mapping, table = _unmapped(word)
            words.append(f"{mapping}{folders[table]}" if table in folders else word)
        if words:
            setattr(
                arguments, name, words if isinstance(getattr(arguments, name), list) else words[0]
            )


def _given(arguments: argparse.Namespace, name: str) -> list[str]:
    given = getattr(arguments, name, None) or []
    return given if isinstance(given, list) else [given]


def _unmapped(word: str) -> tuple[str, str]:
    """``MAPPING=`` and the table behind it, of a benchmark in a lake; any other word as it is."""
    from jobs.lake.table_names import is_lake_table

    mapping, separator, table = word.partition("=")
    if is_lake_table(word) or not is_lake_table(table):
        return "", word
    return mapping + separator, table


def _uses_s3(arguments: argparse.Namespace) -> bool:
    from jobs.runtime.store.s3_store import is_s3

    given = (value if isinstance(value, list) else [value] for value in vars(arguments).values())
    return any(isinstance(word, str) and is_s3(word) for words in given for word in words)
