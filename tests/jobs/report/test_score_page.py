"""The page of scored documents: numbers in words, pictures, texts of documents that steer nothing."""

from typing import Any

import pyarrow as pa
import pytest

from jobs.report.score_page import render_score_page


def language(code: str, **changed: Any) -> dict[str, Any]:
    known = {
        "language": code, "documents": 40, "unseen": 25, "judged_unseen": True,
        "correlations": {
            "bits_a_byte": {"rho": 0.5, "low": -0.125, "high": 0.75}, "nats_a_token": None,
        },
        "groups": [{
            "name": "perplexity_tail", "documents": 4, "bits_a_byte": 2.5, "nats_a_token": 3.5,
            "kenlm_nats_a_token": 6.25, "rank": 0.95,
        }],
    }  # fmt: skip
    return {**known, **changed}


DOCUMENT = {
    "id": 67108864, "language": "en", "url": "javascript:alert(1)", "source": "crawl.warc",
    "reasons": ["perplexity_tail"], "excerpt": "<script>alert(1)</script> a\u202eb",
    "rank": 0.1, "kenlm_rank": 0.9, "kenlm_nats_a_token": 7.5, "bits_a_byte": 1.25,
}  # fmt: skip
FACTS = {
    "created_at": "2026-11-28T12:00:00+00:00", "run": "run", "model": "model", "parameters": 262_208,
    "steps": 700, "tokenizer_sha256": "ab" * 32, "length": 256, "limit": 1000, "fewest": 20,
    "without": 35, "beyond": 12, "cut": 3, "rows_a_document": 8, "documents": 41,
    "languages": [
        language("en"),
        language("ja", documents=1, unseen=0, judged_unseen=False, groups=[]),
    ],
    "disagreements": {"easier": [DOCUMENT], "harder": []},
}  # fmt: skip
SCORES = pa.table({
    "id": [1, 2, 3], "language": ["en", "en", "ja"], "kenlm_nats_a_token": [1.0, 2.0, 3.0],
    "bits_a_byte": [1.0, 2.0, 3.0], "seen_share": [0.0, 0.5, 0.0],
})  # fmt: skip


@pytest.fixture(scope="module")
def page() -> str:
    return render_score_page(FACTS, SCORES, 0.2)


@pytest.mark.parametrize(
    "words",
    [
        "41 documents of <bdi>run</bdi>", "at most 1,000 of a language", "35 judged documents",
        "12 are beyond the limit", '0.500 <span class="quiet">(−0.125 to 0.750)</span>', "95.0 %",
        "<td>not trained on</td>", "<td>all</td>", "<code>perplexity_tail</code>", "67108864, en",
        "corpusmill explain run --id ID", "262,208 weights, 700 steps",
    ],
)  # fmt: skip
def test_it_says(page: str, words: str) -> None:
    assert words in page


def test_languages_with_few_documents_have_no_picture(page: str) -> None:
    assert page.count("<svg") == 1
    assert page.count('<circle class="is-unseen"') == page.count('<circle class="is-seen"') == 1


def test_what_documents_say_stays_text(page: str) -> None:
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert 'href="javascript' not in page


def test_a_side_without_documents_is_told(page: str) -> None:
    assert "No document." in page
