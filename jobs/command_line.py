"""The command `corpusmill`: which module and function answers which subcommand.

The modules are imported when they are called: `corpusmill --help` must not wait for Spark, numba and
the extractors to load.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from jobs.command.parser import build_parser
from jobs.command.running import Command, call

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("jobs.run_pipeline", "run_command"),
    "ingest": ("jobs.ingest_documents", "ingest_command"),
    "extract": ("jobs.extract_text", "extract_command"),
    "annotate": ("jobs.annotate_text", "annotate_command"),
    "decide": ("jobs.decide_verdicts", "decide_command"),
    "dedup": ("jobs.find_duplicates", "dedup_command"),
    "dedup plan": ("jobs.planning.dedup_plan_text", "dedup_plan_command"),
    "decontaminate": ("jobs.match_benchmarks", "decontaminate_command"),
    "grade": ("jobs.grade_quality", "grade_command"),
    "publish": ("jobs.publish_corpus", "publish_command"),
    "export": ("jobs.export_corpus", "export_command"),
    "pack": ("jobs.pack_corpus", "pack_command"),
    "report": ("jobs.report_run", "report_command"),
    "contamination review": ("jobs.inspection.review_benchmarks", "review_command"),
    "index": ("jobs.index_phrases", "index_command"),
    "trace": ("jobs.inspection.trace_text", "trace_command"),
    "whatif": ("jobs.inspection.what_if_duplicates", "what_if_command"),
    "explain": ("jobs.inspection.explain_document", "explain_command"),
    "serve": ("jobs.serving.serve", "serve_command"),
    "label-sample": ("jobs.inspection.label_sample", "label_sample_command"),
    "compare": ("jobs.inspection.compare", "compare_command"),
    "train-perplexity": ("jobs.train_perplexity", "train_perplexity_command"),
    "train-tokenizer": ("jobs.train_tokenizer", "train_tokenizer_command"),
    "train-grader": ("jobs.train_grader", "train_grader_command"),
    "train-safety": ("jobs.train_safety", "train_safety_command"),
    "fetch-grader": ("jobs.fetch_grader", "fetch_grader_command"),
    "train-extractor": ("jobs.train_extractor", "train_extractor_command"),
    "train-reference": ("jobs.train_reference", "train_reference_command"),
    "ablate": ("jobs.ablate", "ablate_command"),
    "recipes": ("jobs.recipes.printing", "recipes_command"),
    "perplexity": ("jobs.models.perplexity.loss_table", "perplexity_command"),
    "submit": ("jobs.submission.submit", "submit"),
    "plan": ("jobs.planning.cluster_plan", "plan_command"),
    "doctor": ("jobs.upkeep.doctor", "doctor_command"),
}
"""Subcommand → module and function of :data:`jobs.command.running.Command`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit status: 0 done, 1 failed, 2 wrong usage.

    Args:
        argv: The words after the command's name; None means those of this process.
    """
    arguments = build_parser().parse_args(argv)
    return call(command_function(arguments.command), arguments)


def command_function(name: str) -> Command:
    """Return the function of a subcommand, importing its module."""
    from jobs.runtime.pandas_on_demand import leave_out_pandas

    leave_out_pandas()
    module, function = COMMANDS[name]
    answer: Command = getattr(importlib.import_module(module), function)
    return answer


if __name__ == "__main__":
    sys.exit(main())
