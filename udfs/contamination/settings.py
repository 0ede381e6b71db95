"""From where on a document is said to hold a benchmark item; the numbers a recipe may set."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True)
class ContaminationSettings:
    """Lines of evidence; asked only with `--benchmarks`. An item is found where one of them is reached.

    Shares are parts of a field's information (0 to 1), bits are information: a rare word has many, a
    number one. The strength of a match is how far it reaches up the nearest line, 1 being on it.

    Attributes:
        share: Of the question, together with `bits`.
        bits: Of the question, with the options' where three quarters of those stand beside it.
        middle_share: Of a question with `middle_bits`.
        middle_bits: See `middle_share`.
        long_share: Of a question with `long_bits`: half of a long one is found.
        long_bits: See `long_share`.
        options_share: Of a question beside whose words its options stand.
        options_bits: Of that question and of the options, each; of the options three quarters.
        answer_share: Of a worked answer, together with `answer_bits`.
        answer_bits: See `answer_share`.
        code_share: Of a program, names made equal, together with `code_bits`.
        code_bits: See `code_share`.
        number_share: Of an item that is nearly all numbers, which must be equal.
        number_bits: See `number_share`.
        equal_numbers: Share of a question's numbers that must be equal; below, it is a `variant`.
        most_documents: A phrase that more documents of the sample hold, without most of an item that
            has it, is boilerplate and counts for no item.
        sample_documents: Documents that are drawn to count such phrases; all where a run has fewer.
        excised_bytes_around: Bytes before and after a passage whose lines go with it, where a rule's action
            is `excise` (GPT-3: 200 characters).
        least_strength: Weaker matches are not kept for review.
        validation_items: Items of each benchmark that are planted to measure what is found; 0: none.
    """

    share: float = 0.8
    bits: float = 45.0
    middle_share: float = 0.65
    middle_bits: float = 75.0
    long_share: float = 0.4
    long_bits: float = 110.0
    options_share: float = 0.35
    options_bits: float = 40.0
    answer_share: float = 0.6
    answer_bits: float = 100.0
    code_share: float = 0.7
    code_bits: float = 90.0
    number_share: float = 0.9
    number_bits: float = 25.0
    equal_numbers: float = 0.7
    most_documents: int = 2
    sample_documents: int = 60_000
    excised_bytes_around: int = 200
    least_strength: float = 0.7
    validation_items: int = 20

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            is_share = field.name.endswith("share") or field.name in (
                "equal_numbers",
                "least_strength",
            )
            if is_share and not 0 < value <= 1:
                raise ValueError(
                    f"contamination.{field.name} is {value}, wanted a share above 0 and at most 1"
                )
            if value < 0:
                raise ValueError(f"contamination.{field.name} is {value}, wanted at least 0")


OPTIONS_FOUND = 0.75
"""Share of the options' information that must stand beside a question for them to count."""
OPTIONS_REACH = 120
"""Tokens before and after a question within which its options are looked for."""

DEFAULT_SETTINGS = ContaminationSettings()
