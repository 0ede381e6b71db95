"""The two safeguards on texts written for it, and on the clean documents of the shared folder.

`python -m bench.safety.safeguards [--model FOLDER] [--quick]`. Without a folder a small model is trained:
unsafe texts are made from the shipped keyword lists and advertisement phrases, safe ones are stretches of
every second source of the shared folder; the other sources, and all hand-written cases, are for
measuring only. JSON lines by language and safeguard: recall, precision and what was wrong; then the
share of clean documents; then false alarms and recall with thresholds set on clean documents.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.grading.graders import CACHE
from bench.grading.weak_labels import weak_labels
from bench.measuring import measured, print_result
from bench.safety.cases import SAFE, UNSAFE
from bench.shared_folder import DATA
from udfs.language.signals import detect
from udfs.learning.linear_model import LinearModel, save_model
from udfs.learning.linear_training import TrainingSettings, train
from udfs.safety.alarm_rate import alarm_thresholds
from udfs.safety.lexicon_files import default_lexicons
from udfs.safety.signals import SafetyScreen

LANGUAGES = ("en", "zh")
MADE_PER_LANGUAGE = 1500
STRETCH = {"en": 400, "zh": 150}
FILLERS = {
    "en": "join now|click here|tonight|no sign up|watch now|free|best price|order today|win big|adults only|"
    "private room|hot girls|near you|join free|instant payout|play now|deposit|jackpot|discreet|get lost|"
    "you worthless|lowest price|no doctor|pills|bet|lonely|naked|pictures|models|chat",
    "zh": "加微信|点击进入|立即安排|二十四小时在线|客服咨询|无需注册|提款秒到账|点击注册|货到付款|本地资源|"
    "天天更新|免费看|美女|上门|私密|寂寞|赢大奖|充值|返水|先验后付|全国可办|包赢|进群|滚|发牌|身材火辣",
}
FALSE_ALARMS = (0.005, 0.05)
Chosen = Callable[[str], bool]
Verdict = Callable[[dict[str, object]], bool]
VERDICTS: dict[str, Verdict] = {
    "keywords": lambda row: bool(row["keyword_flag"]),
    "model": lambda row: (row["model_score"] or 0.0) > 0.5,  # type: ignore[operator]
    "both (default drop)": lambda row: (
        (row["combined_score"] or 0.0) > 0.5 or row["hit_density"] > 0.02  # type: ignore[operator]
    ),
    "either (default flag)": lambda row: (
        bool(row["keyword_flag"]) or (row["model_score"] or 0.0) > 0.5  # type: ignore[operator]
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", metavar="FOLDER", help="safety model to measure")
    parser.add_argument("--quick", action="store_true", help="the same: it takes a minute")
    arguments = parser.parse_args()
    documents = weak_labels(DATA, CACHE) if DATA.is_dir() else None
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.model
        if folder is None:
            folder = scratch
            save_model(trained(documents), Path(scratch))
        screen = SafetyScreen.open(folder)
        for language in LANGUAGES:
            report_cases(screen, language)
        if documents is not None:
            report_clean(screen, documents)
            report_calibrated(trained(documents, fifth("train")), documents)


def trained(documents: pa.Table | None, chosen: Chosen | None = None) -> LinearModel:
    generator = random.Random(5)
    texts, labels, groups, languages = [], [], [], []
    for language in LANGUAGES:
        made = made_unsafe(language, generator)
        texts += made
        groups += [f"made {text[:12]}" for text in made]
        labels += [1.0] * len(made)
        languages += [language] * len(made)
    for text, group, language in stretches(documents, chosen or for_training):
        texts.append(text)
        groups.append(group)
        labels.append(0.0)
        languages.append(language)
    model = train(
        pa.array(texts), labels, TrainingSettings("logistic", 0.0, 1.0, max_tokens=512),
        groups=pa.array(groups), languages=pa.array(languages),
    )  # fmt: skip
    test = {k: v for k, v in model.card.training["test"].items() if k != "calibration_table"}
    print_result("training", "model", len(texts), sum(map(len, texts)), test=test)
    return model


def made_unsafe(language: str, generator: random.Random) -> list[str]:
    """Advertisements of listed words among phrases of their kind, and of the phrases alone."""
    entries = [
        keyword.text
        for keyword_list in default_lexicons()
        for keyword in keyword_list.keywords
        if keyword.language == language and keyword.severity < 3
    ]
    fillers, comma = FILLERS[language].split("|"), ", " if language == "en" else "，"
    texts = []
    for number in range(MADE_PER_LANGUAGE):
        listed = generator.sample(entries, generator.randint(1, 4)) if number % 4 else []
        words = [*listed, *generator.sample(fillers, generator.randint(3, 8))]
        generator.shuffle(words)
        texts.append(comma.join(words))
    return texts


def stretches(documents: pa.Table | None, chosen: Chosen) -> list[tuple[str, str, str]]:
    """(text, group, language) of the sources for training."""
    if documents is None:
        return []
    found = []
    columns = ("text", "group", "language", "label")
    for text, group, language, label in zip(
        *(documents.column(name).to_pylist() for name in columns), strict=True
    ):
        if label >= 1 and chosen(group):
            length = STRETCH[language]
            found += [(text[start : start + length], group, language)
                      for start in range(0, min(len(text), 10 * length), 2 * length)]  # fmt: skip
    return found


def fifth(part: str) -> Chosen:
    """Sources of a part: of five one is trained on, two are calibrated on, two measured on."""
    places = {"train": (0,), "calibrate": (1, 2), "measure": (3, 4)}[part]
    return lambda group: zlib.crc32(group.encode()) % 5 in places


def for_training(group: str) -> bool:
    """Whether a source has an even sum of its letters."""
    return sum(group.encode()) % 2 == 0


def report_cases(screen: SafetyScreen, language: str) -> None:
    texts = [*UNSAFE[language], *SAFE[language]]
    unsafe = np.arange(len(texts)) < len(UNSAFE[language])
    rows = screen.annotate(pa.array(texts), pa.array([language] * len(texts))).to_pylist()
    for name, verdict in VERDICTS.items():
        found = np.array([verdict(row) for row in rows])
        print_cases(language, name, texts, unsafe, found)


def print_cases(
    language: str, name: str, texts: list[str], unsafe: npt.NDArray[np.bool_],
    found: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    right = int((found & unsafe).sum())
    print_result(
        f"written cases {language}", name, len(texts), sum(map(len, texts)),
        recall=round(right / int(unsafe.sum()), 3),
        precision=round(right / max(int(found.sum()), 1), 3),
        missed=[texts[row][:40] for row in np.flatnonzero(unsafe & ~found)],
        wrongly=[texts[row][:40] for row in np.flatnonzero(found & ~unsafe)],
    )  # fmt: skip


def report_clean(screen: SafetyScreen, documents: pa.Table) -> None:
    """Clean documents of sources that the model has not seen; keywords on all of them."""
    rows = [row for row in documents.to_pylist() if row["label"] >= 1]
    for name, chosen in (
        ("all", rows),
        ("not trained on", [r for r in rows if not for_training(r["group"])]),
    ):
        texts = pa.array([row["text"] for row in chosen])
        languages = detect(texts).field("language")
        signals, cost = measured(lambda t=texts, c=languages: screen.annotate(t, c))  # type: ignore[misc]
        found = signals.to_pylist()
        shares = {
            verdict: round(sum(map(test, found)) / len(found), 5)
            for verdict, test in VERDICTS.items()
        }
        flagged = [
            (row["source"], row["group"])
            for row, signal in zip(chosen, found, strict=True)
            if signal["keyword_flag"]
        ]
        mb = texts.nbytes / 1e6 / cost.cpu_s
        print_result(f"clean documents, {name}", "share flagged", len(found), texts.nbytes,
                     **shares, mb_per_cpu_s=round(mb, 1))  # fmt: skip
        print(json.dumps({"flagged_by_keywords": flagged[:20]}, ensure_ascii=False))


def report_calibrated(model: LinearModel, documents: pa.Table) -> None:
    """False alarms and recall at thresholds set, as `train-safety --calibrate-on` does, on other sources."""
    rows = [row for row in documents.to_pylist() if row["label"] >= 1]
    parts = {
        part: [row for row in rows if fifth(part)(row["group"])]
        for part in ("calibrate", "measure")
    }
    scored = {}
    for part, chosen in parts.items():
        texts = pa.array([row["text"] for row in chosen])
        margins, cost = measured(lambda t=texts: model.margins(t))  # type: ignore[misc]
        scored[part] = (margins, np.array([row["language"] for row in chosen], np.object_))
        print_result("speed of the model", part, len(chosen), texts.nbytes,
                     mb_per_cpu_s=round(texts.nbytes / 1e6 / cost.cpu_s, 1))  # fmt: skip
    for rate in FALSE_ALARMS:
        found = alarm_thresholds(*scored["calibrate"], rate)
        for language, threshold in found.items():
            clean = scored["measure"][0][scored["measure"][1] == language]
            unsafe, safe = (
                model.margins(pa.array(cases[language])) > threshold.margin
                for cases in (UNSAFE, SAFE)
            )
            print_result(
                f"calibrated at {rate:.3f}", f"{language} model", len(clean), 0,
                calibrated_on=threshold.documents,
                threshold=round(float(model.from_margins(np.array([threshold.margin]))[0]), 4),
                false_alarms=int((clean > threshold.margin).sum()),
                share=round(float((clean > threshold.margin).mean()), 5),
                recall_of_cases=round(float(unsafe.mean()), 3),
                look_alikes_found=int(safe.sum()),
            )  # fmt: skip


if __name__ == "__main__":
    main()
