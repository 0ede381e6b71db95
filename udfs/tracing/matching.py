"""Where a phrase stands in texts, token by token: what fingerprints promise is verified before it is told."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel


def phrase_places(
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    phrase: npt.NDArray[np.uint64],
) -> npt.NDArray[np.int64]:
    """Return where a phrase first stands in each text.

    Args:
        hashes: uint64[tokens] of the texts.
        offsets: int64[texts + 1].
        phrase: uint64[n], its tokens; at least one.

    Returns:
        int64[texts]: the token at which it begins, counted from the first of all texts; -1 where it is not.

    Raises:
        ValueError: The phrase has no token.
    """
    if not len(phrase):
        raise ValueError("a phrase of no token stands everywhere: give at least one")
    places = np.full(len(offsets) - 1, -1, np.int64)
    _find(hashes, offsets, phrase, places)
    return places


@kernel
def _find(
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    phrase: npt.NDArray[np.uint64],
    places: npt.NDArray[np.int64],
) -> None:
    length = len(phrase)
    for text in range(len(places)):
        for first in range(offsets[text], offsets[text + 1] - length + 1):
            same = 0
            while same < length and hashes[first + same] == phrase[same]:
                same += 1
            if same == length:
                places[text] = first
                break
