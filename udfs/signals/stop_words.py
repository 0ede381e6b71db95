"""Function words per language, as hash tables that the kernels probe.

Two measures need two kinds of lists, and a threshold means nothing without its list: the *ratio* of
stop words to words uses the long lists of stopwordsiso (MIT), the number of *different* frequent
function words uses the short lists below, Gopher's eight for English.
"""

from __future__ import annotations

import functools
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import stopwordsiso

from udfs.columns.compiled import kernel
from udfs.text.token_batch import PUNCTUATION_TOKEN, TokenBatch
from udfs.text.tokenising import tokenise

FREQUENT_WORDS: Final[dict[str, str]] = {
    "en": "the be to of and that have with",  # Gopher (Rae et al. 2021), table A1
    "zh": "的 了 是 在 和 有 不 这 這 也 就 为 為 与 與 人 中 上 我 他 以 对 對 而",
    "ja": "の に は を た が で て と し れ さ",
    "ko": "이 그 수 것 등 및 있는 있다 하는 한다 할 한 더 또는 그리고",
    "de": "der die das und in zu den mit von ist nicht ein eine auf für",
    "fr": "le la les de des et à en un une du que qui est pour dans",
    "es": "el la los las de que y en un una por con para es no se",
    "pt": "o a os as de que e do da em um uma para com não é",
    "it": "il la di che e un una in per con non del della i le è",
    "nl": "de het een van en in is dat op te voor met niet zijn",
    "sv": "och att det som en på är av för med den till inte",
    "da": "og i at det er en til af på for med der den ikke",
    "no": "og i det er på en til som av for med at den ikke",
    "fi": "ja on ei se että oli hän mutta kun niin ovat myös tai joka",
    "pl": "i w na z do się nie że jest to o jak po za",
    "cs": "a v se na je že s z do o to jako by i",
    "sk": "a v sa na je že s z do o to ako by aj",
    "hu": "a az és hogy nem is egy ez van meg de volt csak",
    "ro": "și în de la a cu pe nu este o un din care că",
    "bg": "и на в да за се от с не е по са че",
    "hr": "i u je na se da za su od s a kao ne",
    "sl": "in je v na se da za so s z ki pa ne",
    "sr": "и у је на се да за су од с а као не i u je na da su od kao",
    "ru": "и в не на что с по это как он к из за от",
    "uk": "і в не на що з та у до як це за від",
    "el": "και το να του η της με για που από στο είναι δεν",
    "tr": "ve bir bu da de için ile çok daha olarak ne gibi ama",
    "ar": "في من على أن إلى هذا التي ما لا مع عن هو كان",
    "fa": "و در به از که این را با است آن برای یک",
    "he": "של את על לא הוא זה עם כי גם או היא אל",
    "hi": "के में है की और से का को पर यह ने कि",
    "bn": "এবং এই করে ও থেকে জন্য না হয় তার একটি",
    "id": "yang dan di dengan untuk dari ini itu dalam pada tidak adalah",
    "ms": "yang dan di dengan untuk dari ini itu dalam pada tidak adalah",
    "vi": "và của là có không được cho trong một các với này",
    "ca": "de la el que i a en les un per amb del",
    "et": "ja on ei et see oli ka kui mis ta või",
    "lt": "ir yra kad į su iš kaip tai bet ar",
    "lv": "un ir ka no ar par kā uz bet tas",
}
"""Frequent function words; common knowledge of the languages, no published list but the first."""

UNSEGMENTED: Final = frozenset({"ja", "th", "lo", "km", "my", "bo", "dz"})
"""Languages whose words nothing here tells apart: their stop-word ratio is undefined."""

_ALIASES: Final = {"nb": "no", "nn": "no", "yue": "zh", "wuu": "zh", "bs": "hr"}


class StopWordTable(NamedTuple):
    """An open-addressing table of word hashes.

    Attributes:
        keys: uint64[2**k]; token hash, 0 = empty.
        listed: bool[2**k]; True if in the long list.
        bits: uint64[2**k]; one bit a frequent word, 0 for words of the long list only.
        has_list: Whether the language has a long list whose ratio means something.
        has_frequent: Whether it has a short list.
    """

    keys: npt.NDArray[np.uint64]
    listed: npt.NDArray[np.bool_]
    bits: npt.NDArray[np.uint64]
    has_list: bool
    has_frequent: bool


@functools.cache
def stop_word_table(language: str) -> StopWordTable:
    """The table of one language; an empty one if nothing is known of it.

    Args:
        language: ISO 639-1 code, as the language detector writes it.
    """
    code = _ALIASES.get(language, language)
    long_list = set()
    if code not in UNSEGMENTED and stopwordsiso.has_lang(code):
        long_list = _word_hashes(sorted(stopwordsiso.stopwords(code)))
    frequent: dict[int, int] = {}
    for word in FREQUENT_WORDS.get(code, "").split():
        for value in _word_hashes([word]):
            frequent.setdefault(value, len(frequent))
    hashes = sorted(long_list | set(frequent))
    size = 16
    while size < 4 * len(hashes):
        size *= 2
    keys = np.zeros(size, np.uint64)
    listed = np.zeros(size, np.bool_)
    bits = np.zeros(size, np.uint64)
    for value in hashes:
        slot = value & (size - 1)
        while keys[slot]:
            slot = (slot + 1) & (size - 1)
        keys[slot] = value
        listed[slot] = value in long_list
        bits[slot] = 1 << frequent[value] if value in frequent else 0
    return StopWordTable(keys, listed, bits, bool(long_list), bool(frequent))


def _word_hashes(words: list[str]) -> set[int]:
    """Hashes of the entries that are a single word to our tokeniser ("don't" is two)."""
    batch = tokenise(pa.array(words, pa.string()), joined=np.ones(len(words), np.bool_))
    single = np.diff(batch.token_offsets) == 1
    return {int(value) for value in batch.token_hash[batch.token_offsets[:-1][single]]}


@kernel
def count_stop_words(
    words: TokenBatch,
    texts: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    keys: npt.NDArray[np.uint64],
    listed: npt.NDArray[np.bool_],
    bits: npt.NDArray[np.uint64],
    counts: npt.NDArray[np.int64],
    seen: npt.NDArray[np.uint64],
) -> None:
    """Add to ``counts[row]`` the words of the long list, to ``seen[row]`` the bits of the short one.

    Args:
        words: Tokens, with or without punctuation.
        texts: Which texts of the batch to count.
        rows: For every text of the batch, its row in the results.
        keys: As in StopWordTable, as are listed and bits.
        counts: int64[rows], added to.
        seen: uint64[rows], or-ed into.
    """
    mask = np.uint64(len(keys) - 1)
    for text in texts:
        found = 0
        mask_seen = np.uint64(0)
        for i in range(words.token_offsets[text], words.token_offsets[text + 1]):
            if words.token_unspaced[i] == PUNCTUATION_TOKEN:
                continue
            value = words.token_hash[i]
            slot = value & mask
            while keys[slot] != 0 and keys[slot] != value:
                slot = (slot + np.uint64(1)) & mask
            found += int(listed[slot])  # an empty slot adds nothing, and needs no unsure branch
            mask_seen |= bits[slot]
        counts[rows[text]] += found
        seen[rows[text]] |= mask_seen
