"""The estimate of a run: grows with the input, says what it is, refuses what cannot be."""

from pathlib import Path

import pytest

from jobs.planning.cluster_plan import cluster_plan_text, plan_cluster
from jobs.runtime.errors import InputError, SettingsError


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    with (tmp_path / "a.html").open("wb") as file:
        file.truncate(10**12)  # sparse: a terabyte that takes no disk
    return tmp_path


def test_hours_are_bytes_and_documents_over_the_measured_rates(crawl: Path) -> None:
    hours = plan_cluster(str(crawl), 1e8, 2600, 12).core_hours
    assert hours["extract"] == pytest.approx(1e12 / 260e3 / 28 / 3600)
    assert hours["annotate"] == pytest.approx(1e8 * 2600 / 3.9e6 / 3600)
    assert hours["perplexity"] == pytest.approx(1e8 / 4200 / 3600)


def test_compressed_archives_count_for_what_they_hold(crawl: Path) -> None:
    plain = plan_cluster(str(crawl), 1e8, 2600, 12)
    (crawl / "a.html").rename(crawl / "a.warc.gz")
    packed = plan_cluster(str(crawl), 1e8, 2600, 12)
    assert packed.core_hours["extract"] == pytest.approx(4.5 * plain.core_hours["extract"])


def test_less_time_takes_more_machines(crawl: Path) -> None:
    slow, fast = (plan_cluster(str(crawl), 1e10, 2600, hours) for hours in (24, 6))
    assert fast.machines >= 3 * slow.machines
    assert fast.shuffled_bytes == slow.shuffled_bytes > 0


def test_the_text_says_that_it_is_an_estimate(crawl: Path) -> None:
    text = cluster_plan_text(plan_cluster(str(crawl), 1e8, 2600, 12))
    assert text.startswith("An estimate")
    assert "Assumed" in text


def test_what_cannot_be_is_refused(crawl: Path) -> None:
    with pytest.raises(SettingsError, match="less than 20 a document"):
        plan_cluster(str(crawl), 1e12, 2600, 12)
    with pytest.raises(SettingsError, match="--hours"):
        plan_cluster(str(crawl), 1e8, 2600, 0)
    with pytest.raises(InputError, match="no such"):
        plan_cluster(str(crawl / "none"), 1e8, 2600, 12)
