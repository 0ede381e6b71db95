"""Traditional and simplified characters that count as one: the table of the ICU that comes with Spark.

It is read out of ICU's jar, so that it is there before Spark's Java is, and where that is never started.
"""

from __future__ import annotations

import functools
import re
import zipfile
from pathlib import Path
from typing import Final

from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.spark.class_archive import spark_home

_RULES: Final = "com/ibm/icu/impl/data/icudata/translit/root.res"
_FIRST_WORDS: Final = (
    "$SCDigit"  # of the rules between simplified and traditional, and of no others
)
# X↔Y and X←Y turn the traditional Y into X wherever it stands; rules of several characters or with a
# context speak of words.
_ONE_CHARACTER: Final = re.compile(r"\s*(.)\s*[↔←]\s*(.)\s*", re.DOTALL)


@functools.cache
def han_variants() -> tuple[tuple[int, int], ...]:
    """Return (traditional, simplified) code points; none where Spark brings no ICU (before 4.0).

    Raises:
        MissingRequirementError: ICU's rules are not where its releases 77 and before have them.
    """
    jar = next(iter(sorted((spark_home() / "jars").glob("icu4j-*.jar"))), None)
    return () if jar is None else _read_rules(jar)


def _read_rules(jar: Path) -> tuple[tuple[int, int], ...]:
    try:
        with zipfile.ZipFile(jar) as archive:
            resource = archive.read(_RULES).decode("utf-16-be", "replace")
        place = resource.index(_FIRST_WORDS)
        text = resource[resource.rindex("\0", 0, place) + 1 : resource.index("\0", place)]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise MissingRequirementError(
            f"{jar} has no rules between simplified and traditional characters ({error}): install "
            "pyspark as requirements.lock names it"
        ) from error
    variants: dict[int, int] = {}
    for rule in text.split(";"):
        found = _ONE_CHARACTER.fullmatch(rule)
        if found is not None and found[1] != found[2]:
            variants.setdefault(ord(found[2]), ord(found[1]))
    return tuple(sorted(variants.items()))
