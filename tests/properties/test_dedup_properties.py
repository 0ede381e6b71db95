"""What holds for duplicate removal whatever the texts are (kernels and search, without Spark)."""

from __future__ import annotations

import random

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.dedup import DedupSettings
from udfs.dedup.search import combine, find_exact, screen_signatures, settle_screening
from udfs.dedup.signatures import (
    SHINGLE_SET_SCHEMA,
    SIGNATURE_SCHEMA,
    shingle_sets,
    sign_documents,
)

# Few words and short documents, so that copies, near-copies and mere resemblance all occur.
WORDS = st.sampled_from(["alpha", "beta", "gamma", "Delta", "漢", "字"])
TEXT = st.one_of(
    st.none(),
    st.lists(WORDS, max_size=40).map(" ".join),
    st.text(max_size=12),
    st.builds(
        lambda start, cut: " ".join(f"w{n}" for n in range(start, start + 60) if n % 23 != cut),
        st.integers(0, 8),
        st.integers(0, 25),
    ),
)
CORPUS = st.lists(TEXT, max_size=25)
DEFAULT = DedupSettings()


def remove(
    texts: list[str | None],
    dedup: DedupSettings = DEFAULT,
    ids: list[int] | None = None,
    batch: int = 1000,
) -> dict[int, tuple[int, float, str, int, int, int]]:
    """Removed id -> all other columns of DUPLICATES, as jobs/dedup/driver_search.py has them."""
    identities = ids if ids is not None else list(range(len(texts)))
    table = pa.table(
        {
            "id": pa.array(identities, pa.int64()),
            "text": pa.array(texts, pa.string()),
            "address": pa.nulls(len(texts), pa.string()),
            "scope": pa.nulls(len(texts), pa.string()),
            "keep_value": pa.nulls(len(texts), pa.float64()),
        }
    )
    plan = dedup.leader_plan
    signed = sign_documents(table.to_batches(max_chunksize=batch), dedup.signing_plan)
    signatures = pa.Table.from_batches(signed, SIGNATURE_SCHEMA)
    exact = find_exact(signatures)
    screening = screen_signatures(signatures, exact, plan, dedup.telling_bands)
    involved = screening.filter(screening["keeper_id"].is_null()).select(["root", "id"])
    rows = involved.join(table.select(["id", "text"]), "id").select(["root", "id", "text"])
    sets = pa.Table.from_batches(
        shingle_sets(rows.to_batches(), dedup.shingle_plan), SHINGLE_SET_SCHEMA
    )
    found = combine(exact, settle_screening(screening, sets, plan)).to_pydict()
    return {row[0]: row[1:] for row in zip(*found.values(), strict=True)}


def survivors(texts: list[str | None], removed: dict, ids: list[int] | None = None) -> list[str]:
    identities = ids if ids is not None else list(range(len(texts)))
    return sorted(
        repr(text) for number, text in zip(identities, texts, strict=True) if number not in removed
    )


@settings(max_examples=60, deadline=None)
@given(CORPUS)
def test_every_removed_document_names_a_kept_one(texts: list[str | None]) -> None:
    removed = remove(texts)
    for number, (keeper, similarity, kind, cluster, size, copies) in removed.items():
        assert texts[number] is not None
        assert keeper not in removed
        assert cluster == keeper
        assert copies > 1 or kind == "near"
        assert similarity == 1.0 or (kind == "near" and similarity >= 0.7)
        assert size == 1 + sum(other[0] == keeper for other in removed.values())


@settings(max_examples=40, deadline=None)
@given(CORPUS, st.integers(1, 5), st.randoms(use_true_random=False))
def test_neither_batches_nor_order_nor_ids_matter(
    texts: list[str | None], batch: int, chooser: random.Random
) -> None:
    removed = remove(texts)
    assert remove(texts, batch=batch) == removed
    shuffled, ids = list(texts), chooser.sample(range(10**12), len(texts))
    chooser.shuffle(shuffled)
    assert survivors(shuffled, remove(shuffled, ids=ids), ids) == survivors(texts, removed)


@settings(max_examples=30, deadline=None)
@given(CORPUS)
def test_twice_the_corpus_and_half_the_work(texts: list[str | None]) -> None:
    known = [text for text in texts if text is not None]
    removed = remove(known)
    doubled = remove(known * 2)
    assert survivors(known * 2, doubled) == survivors(known, removed)
    assert len(doubled) == len(removed) + len(known)
    for number, row in removed.items():
        assert doubled[number][5] == 2 * row[5]


@settings(max_examples=30, deadline=None)
@given(CORPUS)
def test_survivors_have_no_similar_pair_left_that_sketches_can_see(
    texts: list[str | None],
) -> None:
    removed = remove(texts)
    rest = [text for number, text in enumerate(texts) if number not in removed]
    assert not {number: row for number, row in remove(rest).items() if row[2] == "exact"}


@settings(max_examples=30, deadline=None)
@given(CORPUS, st.integers(7, 9))
def test_exact_copies_leave_at_every_threshold(texts: list[str | None], tenths: int) -> None:
    lower = remove(texts, DedupSettings(threshold=tenths / 10))
    higher = remove(texts, DedupSettings(threshold=(tenths + 1) / 10))
    for number, row in higher.items():
        if row[2] == "exact":
            assert number in lower
    assert all(row[1] >= (tenths + 1) / 10 for row in higher.values())


@settings(max_examples=30, deadline=None)
@given(CORPUS)
def test_colliding_keys_remove_nothing_dissimilar(texts: list[str | None]) -> None:
    removed = remove(texts, DedupSettings(key_bits=4))
    assert all(row[1] >= 0.7 for row in removed.values())
