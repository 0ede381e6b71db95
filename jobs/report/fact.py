"""What all parts of ``report.json`` are made of: counts, finite numbers, and models that forbid the rest."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]
DocumentId = Annotated[int, Field(strict=True)]
"""Pydantic takes numpy's integers for Python's by way of a double, which holds 53 of an id's 63 bits."""


def _finite(value: Any) -> Any:
    """Map NaN and infinities to None: JSON has neither, and a signal may be either."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite)]


class Fact(BaseModel):
    """Base of all parts of the report."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
