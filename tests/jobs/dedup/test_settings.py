"""Settings of duplicate removal: presets, faults, and the limits derived from them."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from jobs.dedup import DedupSettings
from jobs.dedup.presets import PRESETS


@pytest.mark.parametrize(
    ("name", "bands", "rows", "threshold", "verified"),
    [
        ("default", 20, 7, 0.7, True),
        ("large", 32, 8, 0.7, True),
        ("fineweb", 14, 8, 0.72, False),
        ("redpajama-v2", 14, 9, 0.7, False),
        ("slimpajama", 9, 13, 0.8, False),
        ("nemo", 20, 13, 0.8, False),
        ("dolma3", 26, 11, 0.74, False),
        ("refinedweb", 450, 20, 0.8, False),
        ("six-permutations", 1, 6, 0.7, False),
    ],
)
def test_presets(name: str, bands: int, rows: int, threshold: float, verified: bool) -> None:
    settings = DedupSettings(preset=name)
    assert (settings.bands, settings.rows, settings.threshold) == (bands, rows, threshold)
    assert settings.permutations == bands * rows
    assert settings.leader_plan.verified is verified
    assert PRESETS[name].source


def test_no_preset_is_untested() -> None:
    assert len(PRESETS) == 9


def test_without_anything_the_default_preset_holds() -> None:
    assert DedupSettings() == DedupSettings(preset="default")


def test_given_fields_win_over_the_preset() -> None:
    settings = DedupSettings(preset="slimpajama", threshold=0.9)
    assert (settings.threshold, settings.bands, settings.spaced_length) == (0.9, 9, 13)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"preset": "finweb"},
            "unknown preset 'finweb' (did you mean 'fineweb'?). Presets: default",
        ),
        ({"preset": "zzz"}, "unknown preset 'zzz'. Presets: default"),
        ({"preset": 7}, "unknown preset 7"),
        ({"threshold": 0}, "greater than 0"),
        ({"threshold": 1.5}, "less than or equal to 1"),
        ({"keep": "source_priority"}, "needs the list source_priority"),
        ({"tresh": 0.7}, "Extra inputs are not permitted"),
    ],
)
def test_faults_are_named(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DedupSettings.model_validate(given)
    assert message in str(caught.value)


def test_all_faults_are_collected() -> None:
    with pytest.raises(ValidationError) as caught:
        DedupSettings.model_validate({"threshold": 3, "bands": 0, "keep": "newest"})
    assert caught.value.error_count() == 3


def test_the_doubtful_band_of_the_default() -> None:
    limits = DedupSettings().leader_plan.limits
    # 0.7 - 3 * 0.0387 = 0.584 and 0.7 + 4 * 0.0387 = 0.855, of 140 places, accidents added
    assert (limits.possibly_equal, limits.surely_equal) == (82, 120)


def test_an_estimate_alone_has_no_doubtful_band() -> None:
    limits = DedupSettings(verification="estimate").leader_plan.limits
    assert limits.possibly_equal == limits.surely_equal == 99


@pytest.mark.parametrize("preset", ["default", "large"])
def test_telling_bands_are_too_many_for_a_dissimilar_pair(preset: str) -> None:
    settings = DedupSettings(preset=preset)
    error = math.sqrt(0.7 * 0.3 / settings.permutations)
    chance = (0.7 - 3 * error) ** settings.rows

    def tail(bands: int) -> float:
        return sum(
            math.comb(settings.bands, n) * chance**n * (1 - chance) ** (settings.bands - n)
            for n in range(bands, settings.bands + 1)
        )

    assert tail(settings.telling_bands) <= 1e-4 < tail(settings.telling_bands - 1)
