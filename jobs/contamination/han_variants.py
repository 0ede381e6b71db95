"""Traditional and simplified characters that count as one: the table of the ICU that comes with Spark.

Read from its archive, without starting Java. Of the rules of ``Simplified-Traditional`` those of one
character apply wherever it stands; of several that read a character back the first one counts.
"""

from __future__ import annotations

import functools
import os
import re
import zipfile
from pathlib import Path
from typing import Final

import pyspark

from udfs.text.character_classes import HAN_RANGES

_LAST_FOLDED: Final = 0x2FFFF
_RULES: Final = "com/ibm/icu/impl/data/icudata/translit/root.res"
_FIRST_OF_RULES: Final = "$SCDigit"  # no other set of rules begins so
_RULE: Final = re.compile(r"(?:^|;)\s*(.)\s*[↔←]\s*(.)\s*(?=;)")


@functools.cache
def han_variants() -> tuple[tuple[int, int], ...]:
    """Return (traditional, simplified) code points; none where Spark brings no ICU (before 4.0)."""
    home = Path(os.environ.get("SPARK_HOME") or Path(pyspark.__file__).parent)
    found = sorted((home / "jars").glob("icu4j-*.jar"))
    if not found:
        return ()
    with zipfile.ZipFile(found[-1]) as archive:
        resources = archive.read(_RULES).decode("utf-16-be", "replace")
    start = resources.find(_FIRST_OF_RULES)
    rules = resources[start : resources.find("\0", start)] if start >= 0 else ""
    pairs: dict[str, str] = {}
    for simplified, traditional in _RULE.findall(rules):
        pairs.setdefault(traditional, simplified)
    return tuple(
        sorted(
            (ord(traditional), ord(simplified))
            for traditional, simplified in pairs.items()
            if traditional != simplified and _is_folded(ord(traditional))
        )
    )


def _is_folded(code_point: int) -> bool:
    within = any(first <= code_point <= last for first, last in HAN_RANGES)
    return within and code_point <= _LAST_FOLDED
