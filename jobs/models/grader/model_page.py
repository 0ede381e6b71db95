"""``card.md`` of a trained model, and the lines that the command prints: the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

KIND_TITLES: Final = {"grade": "Grader, 0 to 5", "safety": "Safety model, 0 to 1"}


def model_page(kind: str, model: Mapping[str, Mapping[str, Any]], languages: Sequence[str]) -> str:
    """Return the card for people.

    Args:
        kind: ``grade`` or ``safety``.
        model: Facts of training by tier (``linear``, ``encoder``, ``cascade``), as
            :func:`udfs.learning.linear_training.training_facts` gives them.
        languages: Codes of the languages that were learnt.
    """
    lines = [
        f"# {KIND_TITLES[kind]}",
        "",
        f"Languages learnt: {', '.join(languages) or 'unknown'}.",
    ]
    lines += ["Documents of other languages are not scored." if languages else ""]
    tables = [facts["table"] for facts in model.values() if "table" in facts]
    lines += [f"Labels are those of the table {table}." for table in tables]
    for tier, facts in model.items():
        lines += ["", f"## {tier}", "", *_tier(facts)]
    lines += ["", "![calibration](calibration.svg)", ""]
    return "\n".join(lines)


def _tier(facts: Mapping[str, Any]) -> list[str]:
    test = facts["test"]
    return [
        f"{facts['documents']} documents to learn from, {facts['documents_calibration']} to calibrate"
        f" with, {facts['documents_test']} to be tested on, of {facts['groups']} groups; no group in"
        " two parts.",
        *(f"{name}: {value}." for name, value in facts.get("cascade", {}).items()),
        "",
        f"| test | documents | F1 at >= {test['cut']:g} | precision | recall |",
        "| --- | ---: | ---: | ---: | ---: |",
        _quality_row("all", test),
        *(_quality_row(code, row) for code, row in test["languages"].items()),
        "",
        f"Root mean square error {test['rmse']:.3f}; of always answering the mean"
        f" {test['rmse_of_mean']:.3f}.",
        "",
        *_confusion(test["confusion_matrix"]),
        *_alarms(facts.get("alarms")),
        "",
        "| documents | mean score | mean label |",
        "| ---: | ---: | ---: |",
        *(
            f"| {row['documents']} | {row['mean_score']:.2f} | {row['mean_label']:.2f} |"
            for row in test["calibration_table"]
        ),
    ]


def _alarms(facts: Mapping[str, Any] | None) -> list[str]:
    if facts is None:
        return []
    lines = [
        "",
        f"An alarm is what lies above these thresholds, which {facts['run']} was taken to be clean for: of"
        f" documents like its corpus at most {facts['rate']:.2%} are expected to alarm.",
        "",
        "| language | clean documents | of them alarms | threshold | unsafe ones of the test found |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for code, row in facts["languages"].items():
        lines.append(
            f"| {code} | {row['documents']} | {row['alarms']} | {row['probability']:.4f}"
            f" | {row['unsafe_found']} of {row['unsafe_tested']} |"
        )
    lines += [
        "",
        "Other languages alarm above 0.5. Least safe to the model, of the clean ones:",
        "",
    ]
    return lines + [
        f"- {code}, id {shown['id']}: {' '.join(shown['beginning'].split())}"
        for code, row in facts["languages"].items()
        for shown in row["highest"]
    ]


def _quality_row(name: str, row: Mapping[str, Any]) -> str:
    return (
        f"| {name} | {row['documents']} | {row['f1']:.3f} | {row['precision']:.3f}"
        f" | {row['recall']:.3f} |"
    )


def _confusion(matrix: Sequence[Sequence[int]]) -> list[str]:
    columns = range(len(matrix))
    return [
        f"| label \\ score | {' | '.join(map(str, columns))} |",
        f"| --- | {' | '.join('---:' for _ in columns)} |",
        *(f"| {label} | {' | '.join(map(str, row))} |" for label, row in enumerate(matrix)),
    ]
