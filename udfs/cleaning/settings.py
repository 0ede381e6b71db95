"""What is repaired in a text before it is judged."""

from __future__ import annotations

from dataclasses import dataclass

from udfs.cleaning.line_dropping import RULES


@dataclass(frozen=True)
class CleaningSettings:
    """What is repaired.

    Attributes:
        collapse_repeats: Copies in a row (2 or more) from which a sentence, a line or a group of up
            to eight is brought down to its first copy; 0 switches it off.
        collapse_columns: Display columns of letters and digits that all copies together must have,
            or a short cry needs more copies: "No! No! No!" stays, "No!" twenty times does not.
        window_characters: Length of the windows (characters); 0 switches them off.
        window_repetition: Share (0 to 1) of repeated 5-grams above which a window is cut.
        drop_letterless_lines: Drop lines of digits, punctuation and symbols only, but for those of
            brackets, as in code.
        drop_uppercase_lines: Drop lines of which more than half of the characters are capitals. Off:
            headings and licences are lost (it touches 14 % of 1,000 pages of gold text).
        drop_counter_lines: Drop lines like "3 likes".
        drop_furniture_lines: Drop lines of up to 10 words (20 characters of unspaced scripts) with
            a phrase of navigation, sharing or accounts.
        drop_long_word_lines: Drop lines that are for the most part one run of over 1,000
            characters without a blank.
        drop_repeated_lines: Drop third and later copies of a line that ends without punctuation.
            Off: "Pros", "Cons" and names are lost (it touches 19 % of 1,000 pages of gold text).
        mask_personal_data: Replace e-mail addresses, public IP addresses, phone numbers, Chinese
            identity numbers and bank cards by tags such as <EMAIL>. On: what a model has learnt of a
            person cannot be taken back, and a tag costs a text nothing.
    """

    collapse_repeats: int = 3
    collapse_columns: int = 30
    window_characters: int = 500
    window_repetition: float = 0.8
    drop_letterless_lines: bool = True
    drop_uppercase_lines: bool = False
    drop_counter_lines: bool = True
    drop_furniture_lines: bool = True
    drop_long_word_lines: bool = True
    drop_repeated_lines: bool = False
    mask_personal_data: bool = True

    def __post_init__(self) -> None:
        faults = []
        if self.collapse_repeats < 0 or self.collapse_repeats == 1:
            faults.append(f"collapse_repeats is {self.collapse_repeats}; wanted 0 (off) or >= 2")
        if self.collapse_columns < 0:
            faults.append(f"collapse_columns is {self.collapse_columns}; wanted 0 or more")
        if self.window_characters < 0:
            faults.append(f"window_characters is {self.window_characters}; wanted 0 (off) or more")
        if not 0 <= self.window_repetition <= 1:
            faults.append(f"window_repetition is {self.window_repetition}; wanted a share, 0 to 1")
        if faults:
            raise ValueError("cleaning settings: " + "; ".join(faults))

    @property
    def line_rules(self) -> frozenset[str]:
        """The enabled ones of ``udfs.cleaning.line_dropping.RULES``."""
        switches = {
            "letterless": self.drop_letterless_lines,
            "uppercase": self.drop_uppercase_lines,
            "counter": self.drop_counter_lines,
            "furniture": self.drop_furniture_lines,
            "long_word": self.drop_long_word_lines,
            "repeated": self.drop_repeated_lines,
        }
        return frozenset(rule for rule in RULES if switches[rule])
