from __future__ import annotations

import math
import random
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import REPOSITORY
from udfs.perplexity.arpa_file import compress, format_section, write_arpa
from udfs.perplexity.kenlm_binary import load
from udfs.perplexity.kneser_ney import (
    BEGIN_ID,
    DISCOUNT_FALLBACK,
    UNKNOWN_ID,
    NgramSection,
    check_pruning,
    discounts,
    estimate,
)
from udfs.perplexity.word_ids import Vocabulary, build_vocabulary, encode_lines

Gram = tuple[str, ...]
GOLDEN = REPOSITORY / "tests" / "golden" / "kneser_ney"
Model = dict[Gram, tuple[float, float]]


def encode(sentences: list[list[str]]) -> tuple[Vocabulary, np.ndarray]:
    vocabulary = build_vocabulary({word.encode() for sentence in sentences for word in sentence})
    data = np.frombuffer("".join(" ".join(s) + "\n" for s in sentences).encode(), np.uint8)
    return vocabulary, encode_lines(data, vocabulary.hashes, vocabulary.ids)


def train(sentences: list[list[str]], order: int, prune: list[int]) -> Model:
    vocabulary, ids = encode(sentences)
    return as_model(estimate(ids, order, prune, len(vocabulary.words)), vocabulary)


def as_model(sections: list[NgramSection], vocabulary: Vocabulary) -> Model:
    words = vocabulary.words.to_pylist()
    return {
        tuple(words[i] for i in gram): (float(p), float(b))
        for section in sections
        for gram, p, b in zip(*section, strict=True)
    }


def reference_model(sentences: list[list[str]], order: int, prune: list[int]) -> Model:
    """Modified Kneser-Ney once more, by dictionaries, straight from the definitions."""
    raw: list[dict[Gram, int]] = [defaultdict(int) for _ in range(order + 1)]
    for sentence in sentences:
        words = ["<s>", *sentence, "</s>"]
        for n in range(1, order + 1):
            for start in range(len(words) - n + 1):
                raw[n][tuple(words[start : start + n])] += 1
    adjusted: list[dict[Gram, float]] = [{} for _ in range(order + 1)]
    for n in range(1, order + 1):
        for gram, count in raw[n].items():
            before = (
                {longer[0] for longer in raw[n + 1] if longer[1:] == gram} if n < order else set()
            )
            adjusted[n][gram] = count if n == order or gram[0] == "<s>" else len(before)
    del adjusted[1][("<s>",)]
    vocabulary = {word for (word,) in raw[1]} | {"<unk>"}

    def discount_by(n: int) -> list[float]:
        t = [sum(1 for count in adjusted[n].values() if count == k) for k in range(5)]
        if 0 in t[1:4]:
            return [0.0, 0.5, 1.0, 1.5]
        y = t[1] / (t[1] + 2 * t[2])
        found = [0.0] + [k - (k + 1) * y * t[k + 1] / t[k] for k in (1, 2, 3)]
        return found if all(0 <= d <= k for k, d in enumerate(found)) else [0.0, 0.5, 1.0, 1.5]

    by_order = [[], *(discount_by(n) for n in range(1, order + 1))]
    kept = {g for n in range(1, order + 1) for g, c in raw[n].items() if n == 1 or c > prune[n - 1]}

    def gamma(context: Gram) -> float:
        n = len(context) + 1
        following = {g: a for g, a in adjusted[n].items() if g[:-1] == context}
        if not following:
            return 1.0
        mass = sum(by_order[n][min(int(a), 3)] if g in kept else a for g, a in following.items())
        return mass / sum(following.values())

    def probability(gram: Gram) -> float:
        n = len(gram)
        if n == 0:
            return 1 / (len(vocabulary) - 1)
        total = sum(a for g, a in adjusted[n].items() if g[:-1] == gram[:-1])
        count = adjusted[n].get(gram, 0)
        own = max(count - by_order[n][min(int(count), 3)], 0) / total if gram in kept else 0.0
        return own + gamma(gram[:-1]) * probability(gram[1:])

    model: Model = {}
    for gram in kept | {("<unk>",)}:
        p = 0.0 if gram == ("<s>",) else math.log10(probability(gram))
        model[gram] = (p, math.log10(gamma(gram)) if len(gram) < order else 0.0)
    return model


def assert_equal_models(given_model: Model, wanted: Model, tolerance: float = 2e-6) -> None:
    assert given_model.keys() == wanted.keys()
    for gram, numbers in wanted.items():
        assert given_model[gram] == pytest.approx(numbers, abs=tolerance), gram


def zipf_text(sentences: int, words: int, seed: int) -> list[list[str]]:
    draw = random.Random(seed)
    return [
        [f"w{min(int(draw.paretovariate(0.8)), words)}" for _ in range(draw.randint(1, 12))]
        for _ in range(sentences)
    ]


@pytest.mark.parametrize(
    ("sentences", "order", "prune"),
    [
        (zipf_text(60, 30, 1), 3, [0, 0, 0]),
        (zipf_text(60, 30, 2), 5, [0, 0, 0, 0, 0]),
        (zipf_text(80, 20, 3), 5, [0, 0, 1, 1, 1]),
        (zipf_text(80, 20, 4), 4, [0, 1, 1, 2]),
        (zipf_text(40, 15, 5), 2, [0, 1]),
        (zipf_text(30, 15, 6), 6, [0, 0, 0, 1, 1, 1]),
        ([["a"]], 5, [0, 0, 0, 0, 0]),
        ([["a"], ["a"], ["a", "b"]], 3, [0, 0, 1]),
    ],
)
def test_estimate_follows_the_definitions(
    sentences: list[list[str]], order: int, prune: list[int]
) -> None:
    assert_equal_models(train(sentences, order, prune), reference_model(sentences, order, prune))


def test_golden_numbers_worked_out_by_hand() -> None:
    """Text "a b" / "a"; all t_k lack an entry, so D = (0.5, 1, 1.5).

    Pairs: <s>a 2, ab 1, b</s> 1, a</s> 1. Words follow so many others: a 1, b 1, </s> 2; sum 4.
    gamma() = (0.5 + 0.5 + 1) / 4 = 1/2, |V| = 4: p(unk) = 1/8, p(a) = p(b) = 0.5/4 + 1/8 = 1/4,
    p(</s>) = 1/4 + 1/8 = 3/8.  gamma(<s>) = 1/2, p(a|<s>) = (2-1)/2 + 1/2 * 1/4 = 5/8.
    gamma(a) = (0.5 + 0.5)/2 = 1/2, p(b|a) = 1/4 + 1/8 = 3/8, p(</s>|a) = 1/4 + 3/16 = 7/16.
    gamma(b) = 1/2, p(</s>|b) = 1/2 + 3/16 = 11/16.
    """
    wanted = {
        ("<unk>",): (1 / 8, 1), ("<s>",): (1, 1 / 2), ("</s>",): (3 / 8, 1), ("a",): (1 / 4, 1 / 2),
        ("b",): (1 / 4, 1 / 2), ("<s>", "a"): (5 / 8, 1), ("a", "b"): (3 / 8, 1),
        ("a", "</s>"): (7 / 16, 1), ("b", "</s>"): (11 / 16, 1),
    }  # fmt: skip
    model = train([["a", "b"], ["a"]], 2, [0, 0])
    assert_equal_models(model, {g: (math.log10(p), math.log10(b)) for g, (p, b) in wanted.items()})


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ([100, 30, 12, 6], (0.625, 1.25, 1.75)),  # Y = 100 / 160
        ([5, 0, 3, 1], DISCOUNT_FALLBACK),
        ([0, 0, 0, 0], DISCOUNT_FALLBACK),
        ([100, 1, 50, 1], DISCOUNT_FALLBACK),
        ([100, 30, 12, 0], (0.625, 1.25, 3.0)),
    ],
)
def test_discounts(counts: list[int], wanted: tuple[float, float, float]) -> None:
    assert discounts(np.array(counts)) == pytest.approx(wanted)


def log10_back_off(model: Model, context: Gram, word: str) -> float:
    """log10 p(word | context) as the ARPA format defines it."""
    if (*context, word) in model:
        return model[(*context, word)][0]
    if not context:
        return model[("<unk>",)][0]
    return model.get(context, (0.0, 0.0))[1] + log10_back_off(model, context[1:], word)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=8), min_size=1, max_size=30),
    st.sampled_from([[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 2, 2]]),
)
def test_probabilities_of_every_context_sum_to_one(
    sentences: list[list[str]], prune: list[int]
) -> None:
    model = train(sentences, 4, prune)
    predicted = [gram[0] for gram in model if len(gram) == 1 and gram != ("<s>",)]
    contexts = {gram for gram in model if len(gram) < 4 and gram[-1] != "</s>"} | {()}
    for context in contexts - {("<unk>",)}:
        total = sum(10 ** log10_back_off(model, context, word) for word in predicted)
        assert total == pytest.approx(1.0, abs=1e-5), context


@pytest.mark.parametrize("prune", [[0] * 5, [0, 0, 1, 1, 1]])
def test_kenlm_scores_the_arpa_file_as_we_do(tmp_path: Path, prune: list[int]) -> None:
    sentences = zipf_text(300, 60, 9)
    vocabulary, ids = encode(sentences)
    sections = estimate(ids, 5, prune, len(vocabulary.words))
    path = tmp_path / "model.arpa"
    write_sections(path, sections, vocabulary)
    model, scorer = as_model(sections, vocabulary), load(path)
    for sentence in [*zipf_text(50, 90, 10), ["never", "seen"]]:
        words, total = ["<s>"], 0.0
        for word in [*sentence, "</s>"]:
            known = word if (word,) in model else "<unk>"
            total += log10_back_off(model, tuple(words[-4:]), known)
            words.append(known)
        assert scorer.score(" ".join(sentence)) == pytest.approx(total, abs=1e-5)


def write_sections(path: Path, sections: list[NgramSection], vocabulary: Vocabulary) -> None:
    texts = []
    for n, section in enumerate(sections, start=1):
        backoff = section.log_backoff if n < len(sections) else None
        lines = format_section(section.words, section.log_probability, backoff, vocabulary.words)
        texts.append([compress(lines)])
    write_arpa(path, [len(s.words) for s in sections], texts)


def test_special_words_have_their_marks() -> None:
    model = train(zipf_text(50, 10, 11), 3, [0, 0, 0])
    assert model[("<s>",)][0] == 0.0
    assert model[("</s>",)][1] == 0.0
    words = [gram for gram in model if len(gram) == 1 and gram[0].startswith("w")]
    assert model[("<unk>",)][0] < min(model[word][0] for word in words)
    assert (UNKNOWN_ID, BEGIN_ID) == (0, 1)


@pytest.mark.parametrize(
    ("order", "prune", "message"),
    [
        (1, [0], "order 1"),
        (7, [0] * 7, "order 7"),
        (3, [0, 0], "give 3 numbers"),
        (3, [1, 1, 1], "the first 0"),
        (3, [0, 2, 1], "none smaller"),
    ],
)
def test_impossible_settings_are_refused(order: int, prune: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_pruning(order, prune)


def test_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="no sentence"):
        estimate(np.zeros(0, np.int32), 3, [0, 0, 0], 3)


# Written by lmplz of KenLM 0.3.0 with --discount_fallback on texts of ours; "fallback" is too small for
# the formula of the discounts in its second order, "zipf" is not in its first three.
@pytest.mark.parametrize(
    ("name", "text", "prune"),
    [
        ("fallback", "fallback", [0, 0, 0]),
        ("formula", "zipf", [0, 0, 0, 0]),
        ("pruned", "zipf", [0, 0, 1, 1, 1]),
    ],
)
def test_every_ngram_equals_the_numbers_that_lmplz_wrote(
    name: str, text: str, prune: list[int]
) -> None:
    sentences = [line.split() for line in (GOLDEN / f"{text}.txt").read_text().splitlines()]
    golden = read_arpa((GOLDEN / f"{name}.arpa").read_text())
    assert_equal_models(train(sentences, len(prune), prune), golden, 1e-6)


@pytest.mark.skipif(shutil.which("lmplz") is None, reason="lmplz is not on PATH")
@pytest.mark.parametrize("prune", [[0] * 5, [0, 0, 1, 1, 1]])
def test_every_ngram_equals_lmplz(tmp_path: Path, prune: list[int]) -> None:
    sentences = zipf_text(20_000, 3000, 12)
    text, theirs = tmp_path / "text", tmp_path / "lmplz.arpa"
    text.write_text("".join(" ".join(s) + "\n" for s in sentences))
    command = ["lmplz", "-o", "5", "-S", "10%", "--discount_fallback", "--prune", *map(str, prune)]
    paths = ["--text", str(text), "--arpa", str(theirs), "-T", str(tmp_path / "t")]
    subprocess.run([*command, *paths], check=True, capture_output=True)
    assert_equal_models(train(sentences, 5, prune), read_arpa(theirs.read_text()), 1e-6)


def read_arpa(text: str) -> Model:
    fields = [line.split("\t") for line in text.splitlines() if "\t" in line]
    return {
        tuple(f[1].split(" ")): (float(f[0]), float(f[2]) if len(f) > 2 else 0.0) for f in fields
    }
