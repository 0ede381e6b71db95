"""What a recipe says about grading."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class GradeSettings(BaseModel):
    """Grading by a given model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    languages: tuple[str, ...] = Field(
        (),
        description="ISO 639-1 codes that must be graded, e.g. `[en, zh]`: a grader that was not "
        "trained on one, or cannot spell it, is refused before Spark starts; documents of languages "
        "that a grader does not know have no grade and stay",
    )
