"""The language of each text: script histogram first, then CLD2, then langid for the doubtful.

Both detectors are offline and permissively licensed. CLD2 is some ten times faster than langid,
and langid is the more accurate on short or unusual text, so the second is asked only where the
first is unreliable or names a language that is not written in the script at hand.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pycld2
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from udfs.columns.kept_arrays import kept_arrays, state_of
from udfs.columns.signal_fields import SignalField
from udfs.language.codes import (
    CODE_ALIASES,
    SCRIPT_LANGUAGE,
    UNKNOWN_LANGUAGE,
    written_in,
)
from udfs.language.scripts import CLASS_INDEX, CLASSES, ScriptSample, sample_scripts

NO_SCRIPT: Final = "Zyyy"
"""ISO 15924 code of text without letters."""

LANGUAGE_FIELDS: Final = (
    SignalField(
        "language", pa.string(), "code", "ISO 639-1, or 639-3 where there is none",
        "Language of the text; und when unknown or without letters.", "corpusmill, CLD2, langid",
    ),
    SignalField(
        "score", pa.float32(), "share", "0 to 1",
        "Confidence: the script's share of the letters where the script decides, CLD2's share of"
        " the text where CLD2 does, langid's probability where langid does; 0 for und.",
        "corpusmill, CLD2, langid",
    ),
    SignalField(
        "second", pa.string(), "code", "as language",
        "Next best language; the best guess for und; null when there is none.", "CLD2, langid",
    ),
    SignalField(
        "script", pa.string(), "code", "ISO 15924",
        "Script that decided, as a rule the one with most letters; Zyyy without letters.",
        "corpusmill",
    ),
    SignalField(
        "han_variant", pa.string(), "code", "Hans or Hant",
        "Orthography of Chinese text by its characteristic characters; null without evidence.",
        "corpusmill",
    ),
)  # fmt: skip
LANGUAGE_TYPE: Final = pa.struct([pa.field(field.name, field.type) for field in LANGUAGE_FIELDS])

LETTERS_PER_SYLLABLE: Final = 3
"""One Chinese character, kana or Hangul syllable weighs as many Latin letters: a Chinese manual full
of English product names stays Chinese."""
KANA_SHARE_JAPANESE: Final = 0.05
"""Kana per kana and Han above which text is Japanese. Prose has more than half; Chinese text that
quotes Japanese names stays below a few per cent."""
RELIABLE_CLD2_SCORE: Final = 300.0
"""CLD2's score per kilobyte below which its answer is not believed: real prose scores from about
500 up, Base64 and minified code below."""
PROSE_CLD2_SCORE: Final = 900.0
"""CLD2's score per kilobyte below which Latin letters beside another script are taken for code.
Measured on the project's documents: English manuals and mails score 1,040-1,220 (quartiles), the
listings in Chinese programming posts 310-890; without this rule a third of such posts is English."""
MIXED_SHARE: Final = 0.2
"""Weighted share of letters from which the second script of a text can outvote such Latin code."""
CERTAIN_SHARE: Final = 0.95
"""Share of letters from which a script decides without asking CLD2 for a second language."""
BELIEVED_PROBABILITY: Final = 0.7
"""Probability from which a langid answer stands alone; below it CLD2 has to name the same."""
SYLLABIC_CLASSES: Final = ("Hani", "Hans", "Hant", "Kana", "Hang", "Yiii")


class Verdict(NamedTuple):
    """A language (ISO 639), the confidence in it (0..1), the next best one, the script judged."""

    language: str
    score: float
    second: str | None
    script: str


class Cld2Answer(NamedTuple):
    """CLD2's up to three candidates, best first.

    Attributes:
        reliable: Whether to believe the first one.
        candidates: (our language code, share of the text 0..1, score per kilobyte) each.
    """

    reliable: bool
    candidates: list[tuple[str, float, float]]


class ScriptShares(NamedTuple):
    """The two scripts with most letters in each row, as ISO 15924 codes, and their shares.

    Attributes:
        first: The dominant script; ``Jpan`` for Japanese, ``Kore`` for Hangul, ``Zyyy`` without
            letters.
        first_share: float64[n], its share of the letters, 0..1.
        second: The runner-up.
        second_share: float64[n], its share, 0 when there is none.
    """

    first: list[str]
    first_share: npt.NDArray[np.float64]
    second: list[str]
    second_share: npt.NDArray[np.float64]


def detect(texts: pa.Array) -> pa.StructArray:
    """Detect language and script of every text.

    Reads the first 2,000 bytes and, of texts of 4,000 bytes and more, 1,000 bytes from the middle.
    Depends on nothing but the text, so it is independent of batches and order.

    Args:
        texts: string or large_string (binary is read as UTF-8); null counts as empty.

    Returns:
        One struct a text, never null: ``language`` (ISO 639-1 code, 639-3 where there is none,
        ``und`` when unknown or without letters), ``score`` (float32 0..1: the script's share of
        the letters where the script decides, CLD2's share of the text where CLD2 decides, langid's
        probability where langid does, 0 for ``und``), ``second`` (the next best language, for
        ``und`` the best guess, or null), ``script`` (ISO 15924 of the script that decided, as a
        rule the one with most letters; Chinese ``Hans``, ``Hant`` or, without evidence, ``Hani``;
        ``Zyyy`` without letters), ``han_variant`` (``Hans``, ``Hant`` or null; of Chinese only).
    """
    sample = sample_scripts(texts)
    shares = script_shares(sample.counts)
    verdicts = [_judge_row(sample, shares, row) for row in range(len(shares.first))]
    languages = [verdict.language for verdict in verdicts]
    variants = _han_variants(sample.counts, languages)
    columns = [
        pa.array(languages, pa.string()),
        pa.array(np.array([verdict.score for verdict in verdicts], dtype=np.float32)),
        pa.array([verdict.second for verdict in verdicts], pa.string()),
        pa.array(
            [
                variant or verdict.script
                for variant, verdict in zip(variants, verdicts, strict=True)
            ],
            pa.string(),
        ),
        pa.array(variants, pa.string()),
    ]
    return pa.StructArray.from_arrays(columns, fields=list(LANGUAGE_TYPE))


def script_shares(counts: npt.NDArray[np.int32]) -> ScriptShares:
    """Rank the scripts of each row by letters, syllables weighted ``LETTERS_PER_SYLLABLE``-fold.

    Args:
        counts: int32[n, len(CLASSES)] of :class:`ScriptSample`.

    Returns:
        The first two scripts of each row.
    """
    weighted = counts.astype(np.float64)
    weighted[:, [CLASS_INDEX[name] for name in SYLLABIC_CLASSES]] *= LETTERS_PER_SYLLABLE
    weighted[:, 0] = 0.0
    han = weighted[:, [CLASS_INDEX[name] for name in ("Hani", "Hans", "Hant")]].sum(axis=1)
    kana = weighted[:, CLASS_INDEX["Kana"]].copy()
    japanese = kana > KANA_SHARE_JAPANESE * (kana + han)
    weighted[:, [CLASS_INDEX["Hans"], CLASS_INDEX["Hant"]]] = 0.0
    weighted[:, CLASS_INDEX["Hani"]] = np.where(japanese, 0.0, han + kana)
    weighted[:, CLASS_INDEX["Kana"]] = np.where(japanese, han + kana, 0.0)
    order = np.argsort(-weighted, axis=1, kind="stable")[:, :2]
    shares = np.take_along_axis(weighted, order, axis=1)
    shares /= np.maximum(weighted.sum(axis=1, keepdims=True), 1.0)
    renamed = {"Kana": "Jpan", "Hang": "Kore", "": NO_SCRIPT}
    names = [renamed.get(name, name) for name in CLASSES]
    return ScriptShares(
        [names[index] for index in order[:, 0]],
        shares[:, 0],
        [names[index] for index in order[:, 1]],
        shares[:, 1],
    )


def _judge_row(sample: ScriptSample, shares: ScriptShares, row: int) -> Verdict:
    script, share = shares.first[row], float(shares.first_share[row])
    if share == 0.0:
        return Verdict(UNKNOWN_LANGUAGE, 0.0, None, NO_SCRIPT)
    if script in SCRIPT_LANGUAGE and share >= CERTAIN_SHARE:
        return Verdict(SCRIPT_LANGUAGE[script], share, None, script)
    text = sample.data[sample.offsets[row] : sample.offsets[row + 1]].tobytes()
    answer = _ask_cld2(text)
    mixed = script == "Latn" and shares.second_share[row] >= MIXED_SHARE
    if mixed and not _latin_prose_leads(answer):
        script, share = shares.second[row], float(shares.second_share[row])
    if script in SCRIPT_LANGUAGE:
        decided = SCRIPT_LANGUAGE[script]
        others = [code for code, _, _ in answer.candidates if code != decided]
        return Verdict(decided, share, others[0] if others else None, script)
    return _judge_words(text, script, answer)


def _latin_prose_leads(answer: Cld2Answer) -> bool:
    """Whether CLD2's first candidate is a language in Latin letters, scored as prose and not code."""
    return any(
        written_in(code, "Latn") and score >= PROSE_CLD2_SCORE
        for code, _, score in answer.candidates[:1]
    )


def _judge_words(text: bytes, script: str, answer: Cld2Answer) -> Verdict:
    """Tell apart the languages of one script: CLD2's reliable answer, or langid's."""
    codes = [code for code, _, _ in answer.candidates]
    fitting = [code for code in codes if written_in(code, script)]
    if answer.reliable and fitting and codes[0] == fitting[0]:
        second = codes[1] if len(codes) > 1 else None
        return Verdict(codes[0], answer.candidates[0][1], second, script)
    ranking = rank_in_script(text, script)
    best, probability = ranking[0]
    believed = probability >= BELIEVED_PROBABILITY or fitting[:1] == [best]
    language = best if believed else UNKNOWN_LANGUAGE
    score = 0.0 if language == UNKNOWN_LANGUAGE else probability
    others = [code for code, _ in ranking if code not in (language, UNKNOWN_LANGUAGE)]
    return Verdict(language, score, others[0] if others else None, script)


def _ask_cld2(text: bytes) -> Cld2Answer:
    reliable, _, details = pycld2.detect(text, isPlainText=True, bestEffort=True)
    candidates: dict[str, tuple[str, float, float]] = {}
    for _, code, percent, score in details:
        ours = CODE_ALIASES.get(code, code)
        if ours != UNKNOWN_LANGUAGE:
            candidates.setdefault(ours, (ours, percent / 100, float(score)))
    return Cld2Answer(
        bool(reliable) and details[0][3] >= RELIABLE_CLD2_SCORE, list(candidates.values())
    )


def rank_in_script(text: bytes, script: str) -> list[tuple[str, float]]:
    """Rank the languages that are written in ``script`` by langid, probabilities adding up to 1.

    Args:
        text: Valid UTF-8.
        script: ISO 15924 code.

    Returns:
        (language, probability), best first, at least one; ``und`` among them is langid's class of
        text without linguistic content.
    """
    scores: dict[str, float] = {}
    for code, probability in _langid().rank(text.decode("utf-8")):
        ours = CODE_ALIASES.get(code, code)
        if written_in(ours, script):
            scores[ours] = scores.get(ours, 0.0) + float(probability)
    total = sum(scores.values()) or 1.0
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(code, score / total) for code, score in ranked]


@cache
def _langid() -> LanguageIdentifier:
    """langid with its model unpacked once a machine: half a second of LZMA in each process else."""
    model = kept_arrays("langid", state_of(distribution="py3langid"), _unpacked_langid)
    return LanguageIdentifier(
        model["weights"],
        model["priors"],
        model["languages"].tolist(),
        model["transitions"].data,
        model["features"].tolist(),
        norm_probs=True,
        tk_row=model["rows"].tolist(),
    )


def _unpacked_langid() -> dict[str, npt.NDArray[np.generic]]:
    model = LanguageIdentifier.from_model_file(MODEL_FILE)
    return {
        "weights": model.nb_ptc,
        "priors": model.nb_pc,
        "languages": np.array(model.nb_classes),
        "transitions": np.asarray(model.tk_nextmove),
        "features": np.array(model.tk_output, np.int32),
        "rows": np.asarray(model.tk_row),
    }


def _han_variants(counts: npt.NDArray[np.int32], languages: list[str]) -> list[str | None]:
    """``Hans`` or ``Hant`` of Chinese rows by the majority of characteristic characters."""
    lead = np.sign(counts[:, CLASS_INDEX["Hans"]] - counts[:, CLASS_INDEX["Hant"]])
    names = {1: "Hans", -1: "Hant"}
    return [
        names.get(int(sign)) if language == "zh" else None
        for sign, language in zip(lead, languages, strict=True)
    ]
