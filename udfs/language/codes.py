"""Which languages are written in which script, and the detectors' codes for them in ours."""

from __future__ import annotations

from functools import cache
from typing import Final

UNKNOWN_LANGUAGE: Final = "und"
"""ISO 639-2 code of an undetermined language."""


def _codes(words: str) -> frozenset[str]:
    return frozenset(words.split())


SCRIPT_LANGUAGE: Final = {
    "Grek": "el", "Armn": "hy", "Syrc": "syr", "Thaa": "dv", "Nkoo": "nqo", "Guru": "pa",
    "Gujr": "gu", "Orya": "or", "Taml": "ta", "Telu": "te", "Knda": "kn", "Mlym": "ml",
    "Sinh": "si", "Thai": "th", "Laoo": "lo", "Mymr": "my", "Geor": "ka", "Cher": "chr",
    "Cans": "iu", "Khmr": "km", "Mong": "mn", "Yiii": "ii", "Kore": "ko", "Jpan": "ja",
    "Hani": "zh", "Tibt": "bo",
}  # fmt: skip
"""Scripts whose (almost) only language is known without reading a word."""

SHARED_SCRIPT_LANGUAGES: Final = {
    "Cyrl": _codes("ab av az ba be bg ce cv kk kv ky mk mn os ru sah sr tg tk tt uk uz"),
    "Arab": _codes("ar arz ary az fa ks ku ps sd sdh ug ur"),
    "Hebr": _codes("he yi hbo"),
    "Deva": _codes("bh bho gom hi ks mai mr ne sa sd"),
    "Beng": _codes("as bn"),
    "Ethi": _codes("am om ti"),
}
"""Languages that may be written in a script of several languages. Latin takes every other one."""
ALSO_LATIN: Final = _codes("az ku kk om sr tk tt uz")
"""Languages of the table above that are written in Latin letters as well."""

CODE_ALIASES: Final = {
    "iw": "he", "jw": "jv", "zh-Hant": "zh", "wuu": "zh", "yue": "zh", "nb": "no", "uzs": "uz",
    "un": UNKNOWN_LANGUAGE, "zxx": UNKNOWN_LANGUAGE, "zzp": UNKNOWN_LANGUAGE,
    "tlh": UNKNOWN_LANGUAGE,
}  # fmt: skip
"""Detector code to ours: withdrawn codes, Chinese as one written language, and the detectors' own
pseudo-languages (no linguistic content, Pig Latin, Klingon), for which no corpus is built."""


@cache
def written_in(language: str, script: str) -> bool:
    """Whether a language may appear in a script; an undetermined one may appear in all."""
    if language == UNKNOWN_LANGUAGE:
        return True
    if script in SHARED_SCRIPT_LANGUAGES:
        return language in SHARED_SCRIPT_LANGUAGES[script]
    if language in ALSO_LATIN:
        return script == "Latn"
    elsewhere = language in SCRIPT_LANGUAGE.values() or any(
        language in languages for languages in SHARED_SCRIPT_LANGUAGES.values()
    )
    return script == "Latn" and not elsewhere
