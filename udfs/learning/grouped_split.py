"""Labelled documents divided into three parts: to learn from, to calibrate with, to be tested on.

A group (a host, a book, a source) lies in one part only. Pages of one site share menus, phrases and
an author, and a model tested on a page whose sisters it has read is tested on its memory.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

MINIMUM_PART: Final = 30
"""Fewer documents calibrate and test nothing: then all are learnt from."""
_CYCLE: Final = 5
_CALIBRATION_PLACE: Final = 3
_TEST_PLACE: Final = 1


class Split(NamedTuple):
    """Which rows are for what; no row is in two parts.

    Attributes:
        training: bool[n], weights are learnt from these.
        calibration: bool[n], slope, intercept and a cascade's band are chosen on these.
        test: bool[n], looked at once, for the figures that are reported.
    """

    training: npt.NDArray[np.bool_]
    calibration: npt.NDArray[np.bool_]
    test: npt.NDArray[np.bool_]


def grouped_split(
    groups: npt.NDArray[np.uint64],
    labels: npt.NDArray[np.float64],
    usable: npt.NDArray[np.bool_],
) -> Split:
    """Put every fifth group into the test, every fifth into calibration, the others into training.

    Groups are dealt out by the rounded mean of their labels, so that each grade is in each part as
    far as its groups go round: of one group it is trained on, of two one is tested.

    Args:
        groups: uint64[n], equal for rows that belong together.
        labels: float64[n].
        usable: bool[n], rows that take part.

    Returns:
        The parts; all usable rows are for training where either of the others would have less than
        ``MINIMUM_PART`` rows.
    """
    keys, place = np.unique(groups[usable], return_inverse=True)
    sums = np.bincount(place, labels[usable], len(keys))
    stratum = np.rint(sums / np.bincount(place, minlength=len(keys))).astype(np.int64)
    part = np.zeros(len(keys), np.int64)
    for grade in np.unique(stratum):
        members = np.flatnonzero(stratum == grade)  # ascending keys: the order of a hash
        part[members] = np.arange(len(members)) % _CYCLE
    row_part = np.full(len(groups), -1, np.int64)
    row_part[usable] = part[place]
    calibration, test = row_part == _CALIBRATION_PLACE, row_part == _TEST_PLACE
    if min(calibration.sum(), test.sum()) < MINIMUM_PART:
        nothing = np.zeros(len(groups), np.bool_)
        return Split(usable.copy(), nothing, nothing)
    return Split(usable & ~calibration & ~test, calibration, test)
