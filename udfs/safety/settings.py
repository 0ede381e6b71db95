"""What a recipe says about the two safeguards and how their opinions become one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

COMBINATIONS: Final = ("and", "or", "weighted")


@dataclass(frozen=True)
class SafetySettings:
    """Safety.

    Attributes:
        combination: How `safety.combined_score` follows from keywords and model: `and` (the lower
            of both: both must agree), `or` (the higher: either suffices) or `weighted` (the mean
            with `keyword_weight`).
        keyword_weight: Weight of the keywords in `weighted`, 0 to 1; the model has the rest.
        lexicons: Keyword lists that replace the shipped ones: files of the driver's machine or of a
            store.
        blocked_domains: List of domains, one a line, likewise; documents from there are dropped. None:
            no address is judged.
    """

    combination: str = "and"
    keyword_weight: float = 0.5
    lexicons: tuple[str, ...] = ()
    blocked_domains: str | None = None

    def __post_init__(self) -> None:
        if self.combination not in COMBINATIONS:
            raise ValueError(
                f"safety.combination is {self.combination!r}, wanted one of {', '.join(COMBINATIONS)}"
            )
        if not 0.0 <= self.keyword_weight <= 1.0:
            raise ValueError(
                f"safety.keyword_weight is {self.keyword_weight}, wanted a share from 0 to 1"
            )


DEFAULT_SETTINGS: Final = SafetySettings()
