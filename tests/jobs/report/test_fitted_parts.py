"""Models, lines and bounds of an earlier state of a run are named with what they were fitted to."""

import pytest

from jobs.report.fitted_parts import fitted_parts
from jobs.runtime.contract.manifest import Manifest


def manifest(dataset: str, rows: int, chunks: tuple[str, ...], **details: object) -> Manifest:
    return Manifest.model_validate(
        {
            "dataset": dataset,
            "stage": dataset,
            "fingerprint": dataset,
            "fingerprints": {},
            "accounts": {"rows_in": rows, "rows_out": rows},
            "seconds": 1.0,
            "created_at": "",
            "files": [{"path": f"{chunk}/a.parquet", "bytes": 1, "rows": 1} for chunk in chunks],
            "versions": {},
            "details": details,
        }
    )


NOW = {
    "extracted": manifest("extracted", 7, ("chunk-a", "chunk-b")),
    "annotated": manifest("annotated", 7, ("chunk-c", "chunk-d")),
}


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        ("models", "perplexity models"),
        ("shared-lines", "lines that many documents share"),
        ("benchmark-phrases", "phrases of benchmarks that are boilerplate"),
        ("thresholds", "bounds that are percentiles"),
    ],
)
def test_what_was_fitted_to_less_is_told_and_what_to_all_is_not(dataset: str, name: str) -> None:
    source = "annotated" if dataset == "thresholds" else "extracted"
    chunks = [file.path.split("/")[0] for file in NOW[source].files]
    for fitted_on, told in ((chunks, []), (chunks[:1], [name]), ([*chunks, "chunk-gone"], [name])):
        fitted = manifest(dataset, 4, (), fitted_on=fitted_on)
        parts = fitted_parts({**NOW, dataset: fitted}, percentiles=True)
        assert [part.name for part in parts] == told
        assert all((part.documents, part.documents_now) == (4, 7) for part in parts)


def test_numbers_that_no_rule_asks_for_are_not_told() -> None:
    fitted = manifest("thresholds", 4, (), fitted_on=["chunk-c"])
    assert fitted_parts({**NOW, "thresholds": fitted}, percentiles=False) == []
    assert fitted_parts({**NOW, "models": manifest("models", 4, ())}, percentiles=True) == []
