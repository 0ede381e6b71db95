"""The command `corpusmill`: one function a subcommand, no logic; the work is in the jobs.

The jobs are imported inside the functions: `corpusmill --help` must not wait for Spark, numba and
the extractors to load.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from jobs.command.arguments import spark_settings
from jobs.command.parser import build_parser
from jobs.runtime.errors import CorpusmillError

if TYPE_CHECKING:
    from jobs.models.run_models import RunModels
    from jobs.recipes.recipe import Recipe
    from jobs.runtime.contract.stage import RunContext


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit status: 0 done, 1 failed, 2 wrong usage.

    Args:
        argv: The words after the command's name; None means those of this process.
    """
    arguments = build_parser().parse_args(argv)
    try:
        COMMANDS[arguments.command](arguments)
    except CorpusmillError as error:
        print(f"corpusmill: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("corpusmill: stopped; the same command goes on from the last chunk", file=sys.stderr)
        return 130
    return 0


def _run(arguments: argparse.Namespace) -> None:
    from jobs.run_pipeline import run_pipeline

    recipe = _dedup_recipe(arguments)
    models = _models(arguments, recipe)
    with _context(arguments, arguments.output) as context:
        report = run_pipeline(context, arguments.inputs, recipe, models, arguments.against)
    print(report)


def _ingest(arguments: argparse.Namespace) -> None:
    from jobs.ingest_documents import ingest_stage

    recipe = _recipe(arguments)
    with _context(arguments, arguments.output) as context:
        ingest_stage(context, arguments.inputs, recipe)


def _extract(arguments: argparse.Namespace) -> None:
    from jobs.extract_text import extract_stage, extract_user_table

    recipe = _recipe(arguments)
    with _context(arguments, arguments.output or arguments.input) as context:
        if arguments.output is None:
            extract_stage(context, recipe)
        else:
            extract_user_table(
                context, arguments.input, arguments.id_column, arguments.text_column, recipe
            )


def _annotate(arguments: argparse.Namespace) -> None:
    from jobs.annotate_text import annotate_stage, annotate_user_table

    recipe = _recipe(arguments)
    models = _models(arguments, recipe)
    with _context(arguments, arguments.output or arguments.input) as context:
        if arguments.output is None:
            annotate_stage(context, recipe, models.perplexity, models.safety)
        else:
            annotate_user_table(
                context,
                arguments.input,
                arguments.id_column,
                arguments.text_column,
                recipe,
                models.perplexity,
                models.safety,
            )


def _decide(arguments: argparse.Namespace) -> None:
    from jobs.decide_verdicts import decide_stage

    recipe = _recipe(arguments, arguments.run)
    with _context(arguments, arguments.run) as context:
        decide_stage(context, recipe)


def _dedup(arguments: argparse.Namespace) -> None:
    from jobs.find_duplicates import dedup_stage, dedup_user_table

    for name in ("preset", "threshold"):
        if getattr(arguments, name) is not None:
            arguments.overrides.append(f"dedup.{name}={getattr(arguments, name)}")
    recipe = _dedup_recipe(arguments)
    with _context(arguments, arguments.output or arguments.input) as context:
        if arguments.output is None:
            dedup_stage(context, recipe, arguments.against)
        else:
            dedup_user_table(
                context,
                arguments.input,
                arguments.id_column,
                arguments.text_column,
                recipe,
                arguments.against,
            )


def _dedup_plan(arguments: argparse.Namespace) -> None:
    from jobs.planning import plan_search, plan_text, write_plan_drawing

    plan = plan_search(
        preset=arguments.preset,
        threshold=arguments.threshold,
        recall=arguments.recall,
        documents=arguments.documents,
        document_bytes=arguments.document_bytes,
    )
    print(plan_text(plan))
    if arguments.plot is not None:
        write_plan_drawing(plan, arguments.plot)


def _grade(arguments: argparse.Namespace) -> None:
    from jobs.grade_quality import grade_stage, grade_user_table, require_grader

    recipe = _recipe(arguments, None if arguments.output else arguments.input)
    grader = require_grader(arguments.grader, recipe.grade.languages)
    with _context(arguments, arguments.output or arguments.input) as context:
        if arguments.output is None:
            grade_stage(context, recipe, grader)
        else:
            grade_user_table(
                context, arguments.input, arguments.id_column, arguments.text_column, grader
            )


def _publish(arguments: argparse.Namespace) -> None:
    from jobs.publish_corpus import publish_stage

    recipe = _recipe(arguments, arguments.run)
    with _context(arguments, arguments.run) as context:
        publish_stage(context, recipe)


def _export(arguments: argparse.Namespace) -> None:
    from jobs.export_corpus import export_stage

    with _context(arguments, arguments.run) as context:
        export_stage(context)


def _report(arguments: argparse.Namespace) -> None:
    from jobs.report_run import report_run

    recipe = _recipe(arguments, arguments.run)
    with _context(arguments, arguments.run) as context:
        report = report_run(context, recipe)
    print(report)


def _train_perplexity(arguments: argparse.Namespace) -> None:
    from jobs.models.perplexity.lmplz_training import require_lmplz
    from jobs.models.perplexity.loss_table import perplexity_table
    from jobs.train_perplexity import train_from_arguments

    given = {"lmplz": arguments.lmplz, "max_tokens_per_language": arguments.max_tokens}
    arguments.overrides += [f"perplexity.{key}={value}" for key, value in given.items() if value]
    recipe = _recipe(arguments)
    require_lmplz(recipe.perplexity.lmplz)
    output = arguments.inputs[-1]
    with _context(arguments, output) as context:
        folder = train_from_arguments(context, arguments.inputs[:-1], arguments.text_column, recipe)
    print(perplexity_table(folder), folder, sep="\n")


def _train_grader(arguments: argparse.Namespace) -> None:
    from jobs.models.grader.labelled_table import LabelledColumns
    from jobs.train_grader import EncoderChoice, train_grader

    encoder = None
    if arguments.encoder:
        encoder = EncoderChoice(arguments.encoder, arguments.window_tokens)
    columns = LabelledColumns(
        arguments.text_column,
        arguments.label_column,
        arguments.group_column,
        arguments.language_column,
    )
    print(train_grader(arguments.labelled, arguments.output, columns, arguments.kind, encoder))


def _train_extractor(arguments: argparse.Namespace) -> None:
    from jobs.runtime.contract.progress import Reporter
    from jobs.train_extractor import train_extractor

    reporter = Reporter(quiet=arguments.quiet)
    print(
        train_extractor(
            arguments.pages,
            arguments.output,
            reporter,
            arguments.unlabelled,
            arguments.trees,
            with_ablation=arguments.ablation,
        )
    )


def _what_if(arguments: argparse.Namespace) -> None:
    from jobs.inspection.run_tables import RunTables
    from jobs.inspection.what_if_duplicates import what_if

    recipe, tables = _recipe(arguments, arguments.run), RunTables(arguments.run)
    answer = functools.partial(what_if, tables, recipe, arguments.samples, as_json=arguments.json)
    if not arguments.dedup:
        print(answer())
        return
    with _context(arguments, arguments.run) as context:
        print(answer(context=context))


def _explain(arguments: argparse.Namespace) -> None:
    from jobs.inspection.explain_document import explain_by_id, explain_by_url, explain_text
    from jobs.inspection.run_tables import RunTables

    tables, every_signal = RunTables(arguments.run), arguments.signals
    if arguments.id is not None:
        print(explain_by_id(tables, arguments.id, every_signal=every_signal))
    elif arguments.url is not None:
        print(explain_by_url(tables, arguments.url, every_signal=every_signal))
    else:
        recipe = _recipe(arguments, arguments.run)
        print(explain_text(tables, recipe, arguments.text_file, every_signal=every_signal))


def _compare(arguments: argparse.Namespace) -> None:
    from jobs.inspection.compare import compare

    print(compare(arguments.first, arguments.second, as_json=arguments.json))


def _recipes(arguments: argparse.Namespace) -> None:
    from jobs.recipes.printing import list_recipes, list_signals, show_recipe

    if arguments.action == "list":
        print(list_recipes())
    elif arguments.action == "signals":
        print(list_signals())
    elif arguments.action == "show":
        print(show_recipe(arguments.name, arguments.overrides))
    else:
        recipe = _recipe(argparse.Namespace(recipe=arguments.name, overrides=arguments.overrides))
        print(f"recipe {recipe.name}: no fault, {len(recipe.rules)} rules")


def _perplexity(arguments: argparse.Namespace) -> None:
    from jobs.models.perplexity.loss_table import perplexity_table

    print(perplexity_table(arguments.folder))


def _submit(arguments: argparse.Namespace) -> None:
    from jobs.submission.submit import submit

    print(submit(arguments))


def _plan(arguments: argparse.Namespace) -> None:
    from jobs.planning.cluster_plan import cluster_plan_text, plan_cluster

    given = (arguments.input, arguments.documents, arguments.document_bytes, arguments.hours)
    print(cluster_plan_text(plan_cluster(*given)))


def _doctor(_: argparse.Namespace) -> None:
    from jobs.upkeep.doctor import examine

    findings = examine()
    print("\n".join(str(finding) for finding in findings))
    if any(finding.fatal for finding in findings):
        raise CorpusmillError("a run cannot start yet: see the lines marked missing above")


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "run": _run,
    "ingest": _ingest,
    "extract": _extract,
    "annotate": _annotate,
    "decide": _decide,
    "dedup": _dedup,
    "dedup plan": _dedup_plan,
    "grade": _grade,
    "publish": _publish,
    "export": _export,
    "report": _report,
    "whatif": _what_if,
    "explain": _explain,
    "compare": _compare,
    "train-perplexity": _train_perplexity,
    "train-grader": _train_grader,
    "train-extractor": _train_extractor,
    "recipes": _recipes,
    "perplexity": _perplexity,
    "submit": _submit,
    "plan": _plan,
    "doctor": _doctor,
}


def _models(arguments: argparse.Namespace, recipe: Recipe) -> RunModels:
    from jobs.models.run_models import RunModels

    given = (arguments.perplexity_model, arguments.grader, arguments.safety_model)
    return RunModels.checked(
        *given,
        languages=recipe.perplexity.languages,
        grade_languages=recipe.grade.languages,
        safety_settings=recipe.safety,
    )


def _recipe(arguments: argparse.Namespace, run: str | None = None) -> Recipe:
    """Return the recipe of the command line, or else the one that ``run`` was decided by."""
    from jobs.recipes.stored_recipe import recipe_of_run

    return recipe_of_run(run, arguments.recipe, arguments.overrides)


def _dedup_recipe(arguments: argparse.Namespace) -> Recipe:
    """The recipe of a command that looks for duplicates; says what a weak preset will miss."""
    from jobs.planning import six_permutations_notice

    recipe = _recipe(arguments)
    notice = six_permutations_notice(recipe.dedup)
    if notice and not arguments.quiet:
        print(notice, file=sys.stderr)
    return recipe


def _uses_s3(arguments: argparse.Namespace) -> bool:
    from jobs.runtime.store.s3_store import is_s3

    given = (value if isinstance(value, list) else [value] for value in vars(arguments).values())
    return any(isinstance(word, str) and is_s3(word) for words in given for word in words)


@contextlib.contextmanager
def _context(arguments: argparse.Namespace, output: str) -> Iterator[RunContext]:
    from jobs.runtime.contract.progress import Reporter
    from jobs.runtime.contract.stage import RunContext, explained_faults
    from jobs.runtime.spark.session import start_session
    from jobs.runtime.store import storage
    from jobs.runtime.store.output_lease import hold_output

    settings = spark_settings(arguments.spark_conf)
    reporter = Reporter(quiet=arguments.quiet, log_format=arguments.log_format)
    folder = storage.absolute(output)
    with hold_output(folder, reporter.note) as lease:
        spark = start_session(
            "corpusmill", master=arguments.master, settings=settings, uses_s3=_uses_s3(arguments)
        )
        context = RunContext(spark, folder, reporter, lease)
        with explained_faults(spark):
            yield context


if __name__ == "__main__":
    sys.exit(main())
