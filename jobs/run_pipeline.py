"""The whole pipeline in order; stages that are up to date are skipped, broken ones resume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.annotate_text import annotate_stage, check_safety_model
from jobs.decide_verdicts import decide_stage
from jobs.extract_text import extract_stage
from jobs.find_duplicates import dedup_stage
from jobs.grade_quality import DATASET as GRADES
from jobs.grade_quality import check_grader, grade_stage
from jobs.ingest_documents import ingest_stage
from jobs.publish_corpus import publish_stage
from jobs.recipes.recipe import Recipe
from jobs.report_run import report_run
from jobs.runtime import storage
from jobs.runtime.stage import RunContext
from jobs.train_perplexity import MODEL_DATASET, check_perplexity_model, train_stage


@dataclass(frozen=True)
class RunModels:
    """Folders of the models a run uses; None: trained in the run (perplexity) or done without."""

    perplexity: str | None = None
    grader: str | None = None
    safety: str | None = None

    @classmethod
    def checked(cls, perplexity: str | None, grader: str | None, safety: str | None) -> RunModels:
        """Return the models after opening each one, so that a bad one ends the run before Spark starts.

        Raises:
            MissingRequirementError: A model is missing, truncated or of another version.
        """
        if perplexity is not None:
            check_perplexity_model(perplexity)
        if grader is not None:
            check_grader(grader)
        if safety is not None:
            check_safety_model(safety)
        return cls(perplexity, grader, safety)


def run_pipeline(
    context: RunContext, inputs: Sequence[str], recipe: Recipe, models: RunModels
) -> str:
    """Bring every stage of a run up to date and return the path of report.html.

    Raises:
        CorpusmillError: A stage cannot go on; what is finished stays and a rerun goes on from there.
    """
    ingest_stage(context, inputs, recipe)
    extract_stage(context, recipe)
    perplexity = models.perplexity
    if perplexity is None:
        train_stage(context, recipe)
        perplexity = context.folder(MODEL_DATASET)
    annotate_stage(context, recipe, perplexity, models.safety)
    decide_stage(context, recipe)
    dedup_stage(context, recipe)
    if models.grader is not None:
        grade_stage(context, recipe, models.grader)
    else:  # grades of an earlier run must not decide in this one
        storage.delete_tree(context.folder(GRADES))
    publish_stage(context, recipe)
    return report_run(context, recipe)
