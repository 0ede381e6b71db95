"""A chart of curves: well-formed, inside its frame, and never more curves than can be told apart."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from jobs.planning.curve_drawing import BOTTOM, LEFT, RIGHT, STYLES, TOP, Curve, draw_curves

GRID = np.linspace(0, 1, 11)


def test_curves_stay_inside_the_frame_and_names_are_escaped() -> None:
    text = draw_curves("a < b & c", [Curve("x & y", GRID, GRID**2)], 0.7, "share")
    root = ElementTree.fromstring(text)
    path = root.find("{http://www.w3.org/2000/svg}path")
    assert path is not None
    numbers = [float(number) for number in re.findall(r"[\d.]+", path.attrib["d"])]
    assert min(numbers[::2]) >= LEFT
    assert max(numbers[::2]) <= RIGHT
    assert min(numbers[1::2]) >= TOP
    assert max(numbers[1::2]) <= BOTTOM


def test_too_many_curves_are_refused() -> None:
    curves = [Curve(str(number), GRID, GRID) for number in range(len(STYLES) + 1)]
    with pytest.raises(ValueError, match="10 curves in one chart: give at most 9"):
        draw_curves("many", curves, None, "share")
