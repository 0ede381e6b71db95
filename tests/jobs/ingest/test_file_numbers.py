"""Numbers of files: by name alone, unique whatever collides, kept once given."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.ingest import file_numbers as module
from jobs.ingest.file_numbers import NamedFile, file_numbers, name_below, number_of

FILES = st.sets(
    st.builds(NamedFile, st.sampled_from(["a", "b/c", "d", "e"]), st.text("xyz", max_size=3)),
    max_size=30,
)


@pytest.mark.parametrize(
    ("given_input", "path", "name"),
    [
        ("/data/crawl", "/data/crawl/de/a.html", "crawl/de/a.html"),
        ("/data/crawl/", "/data/crawl/a.html", "crawl/a.html"),
        ("s3://bucket/2026/crawl", "s3://bucket/2026/crawl/a.html", "crawl/a.html"),
        ("s3://bucket", "s3://bucket/a.html", "bucket/a.html"),
        ("s3a://bucket/", "s3a://bucket/a.html", "bucket/a.html"),
        ("/data/crawl/*/a.html", "/data/crawl/de/a.html", "crawl/de/a.html"),
        ("/data/cr*/a.html", "/data/crawl/a.html", "data/crawl/a.html"),
        ("/data/posts.csv", "/data/posts.csv", "posts.csv"),
        ("/data/with[mark].csv", "/data/with[mark].csv", "with[mark].csv"),
    ],
)
def test_a_name_begins_with_the_last_part_of_what_was_given(
    given_input: str, path: str, name: str
) -> None:
    assert name_below(given_input, path) == name


def test_numbers_are_what_the_decision_says() -> None:
    # printf crawl/a.html | sha256sum: the first 38 bits. Ids that people noted down depend on it.
    assert number_of("crawl/a.html") == 0xC6B3A87F81 >> 2


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FILES, st.data())
def test_numbers_are_unique_under_collisions_and_kept_where_they_are_given(
    files: set[NamedFile], data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # Few homes near the end of all numbers: nearly all files collide, and some go round.
        patch.setattr(
            module, "number_of", lambda name: module.NUMBERS - 1 - "abde".index(name[0]) // 2
        )
        first = data.draw(st.sets(st.sampled_from(sorted(files)))) if files else set()
        former = file_numbers(first, {})
        numbers = file_numbers(files, former)
        again = file_numbers(sorted(files, reverse=True), former)
    assert numbers == again
    assert set(numbers) == files
    assert len(set(numbers.values())) == len(files)
    assert all(0 <= number < module.NUMBERS for number in numbers.values())
    assert former.items() <= numbers.items()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FILES)
def test_without_collisions_a_number_depends_on_the_name_alone(files: set[NamedFile]) -> None:
    alone = {file.name: file for file in files}.values()
    for file in alone:
        assert (
            file_numbers(alone, {})[file] == file_numbers([file], {})[file] == number_of(file.name)
        )
