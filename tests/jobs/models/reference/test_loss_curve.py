"""The picture of a training: well-formed, thinned, its last value kept, names escaped."""

import xml.etree.ElementTree as ET

import pytest

from jobs.models.reference.loss_curve import MOST_POINTS, STYLES, loss_curve


def lines(count: int) -> list[dict[str, float]]:
    steps = [{"step": n, "tokens": 1000 * n, "loss": 5 - n / count} for n in range(1, count + 1)]
    return [*steps, {"step": count, "held_out_loss": 4.5}]


def test_a_curve_ends_where_the_training_does() -> None:
    picture = ET.fromstring(loss_curve({"raw <b>": lines(1234)}))
    paths = [node for node in picture if node.tag.endswith("path")]
    points = paths[0].attrib["d"].removeprefix("M").split("L")
    assert len(points) <= MOST_POINTS + 1
    assert points[-1] == "664 316"  # the right edge; the lowest loss, 4, is the lower one
    assert paths[0][0].text == "raw <b>"
    circles = [node for node in picture if node.tag.endswith("circle")]
    assert [node[0].text for node in circles] == ["raw <b> held out: 4.500"]


def test_nothing_to_draw_is_nothing() -> None:
    assert loss_curve({"": []}) == ""


def test_a_loss_that_is_no_number_is_left_out() -> None:
    assert "nan" not in loss_curve(
        {"": [*lines(3), {"step": 4, "tokens": 4000, "loss": float("nan")}]}
    )


def test_more_curves_than_styles_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        loss_curve({str(number): lines(2) for number in range(len(STYLES) + 1)})


@pytest.mark.parametrize(
    ("steps", "ticks"),
    [
        (717, ["0", "200k", "400k", "600k"]),
        (5, ["0", "1k", "2k", "3k", "4k", "5k"]),
        (30, ["0", "10k", "20k", "30k"]),
    ],
)
def test_ticks_are_round_numbers(steps: int, ticks: list[str]) -> None:
    picture = ET.fromstring(loss_curve({"": lines(steps)}))
    texts = [node for node in picture if node.tag.endswith("text")]
    assert [node.text for node in texts if node.attrib.get("y") == "334.0"] == ticks
