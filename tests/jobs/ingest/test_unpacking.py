"""A damaged member of a packed file costs itself: what lies behind it is read."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from random import Random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.ingest.unpacking import LARGE_WINDOW, MOST_DAMAGES, Stretch, compression_of, stretches


def zstd(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content).to_pybytes())


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd}
NOISE = [Random(number).randbytes(3000) for number in range(5)]


def unpacked(content: bytes, compression: str | None) -> list[tuple[Stretch, bytes]]:
    found = []
    for stretch in stretches(io.BytesIO(content), compression):
        parts = []
        while part := stretch.part():
            parts.append(part)
        found.append((stretch, b"".join(parts)))
    return found


@pytest.mark.parametrize("compression", PACKERS)
def test_a_whole_file_is_one_stretch(compression: str) -> None:
    packed = list(map(PACKERS[compression], NOISE))
    content = b"".join(packed)
    ((stretch, found),) = unpacked(content, compression)
    assert (found, stretch.damage) == (b"".join(NOISE), "")
    assert compression_of(content) == compression
    if compression == "gzip":
        starts = [(0, 0), *((3000 * n, sum(map(len, packed[:n]))) for n in range(1, len(NOISE)))]
        assert list(stretch.member_starts) == starts


def test_bytes_that_are_not_packed_are_one_stretch() -> None:
    assert [found for _, found in unpacked(b"plain", None)] == [b"plain"]
    assert compression_of(b"plain") is None


@pytest.mark.parametrize("compression", PACKERS)
@pytest.mark.parametrize("first", [0, 1, 2, 4])
@pytest.mark.parametrize("how", ["header", "middle", "cut"])
def test_a_damaged_member_costs_itself(compression: str, first: int, how: str) -> None:
    members = [PACKERS[compression](noise * 3) for noise in NOISE]
    whole = members[first]
    members[first] = {
        "header": b"\x01\x01" + whole[2:],
        "middle": whole[:1500] + b"\xff" * 50 + whole[1550:],
        "cut": whole[:1500],
    }[how]
    found = unpacked(b"".join(members), compression)
    content = b"".join(part for _, part in found)
    for number, noise in enumerate(NOISE):
        # zstd stores noise as it is and has no checksum here: only a tear is seen.
        assert noise * 3 in content or number == first
    if compression == "gzip":
        damages = [stretch.damage for stretch, _ in found if stretch.damage]
        assert len(damages) == 1
        assert f"at byte {sum(map(len, members[:first])):,}" in damages[0]


def test_neighbours_that_are_both_damaged_are_two_damages() -> None:
    members = [gzip.compress(noise) for noise in NOISE]
    for number in (1, 2):
        members[number] = members[number][:20] + b"\xff" * 9 + members[number][29:]
    found = unpacked(b"".join(members), "gzip")
    assert [bool(stretch.damage) for stretch, _ in found] == [True, True, False]
    assert b"".join(part for _, part in found).endswith(NOISE[3] + NOISE[4])


def test_zeros_behind_a_member_are_padding() -> None:
    content = b"".join(gzip.compress(noise) + b"\x00" * 70_000 for noise in NOISE)
    ((stretch, found),) = unpacked(content, "gzip")
    assert (found, stretch.damage) == (b"".join(NOISE), "")


def test_a_file_that_ends_inside_a_member_says_so() -> None:
    text = b"the ferry leaves at six " * 9000
    ((stretch, found),) = unpacked(gzip.compress(text)[:-20], "gzip")
    assert text.startswith(found)
    assert len(found) > 100_000
    assert stretch.damage.endswith("the file ends inside it")


def test_what_zstd_unpacked_before_a_damage_is_given() -> None:
    text = Random(1).randbytes(200_000)
    ((stretch, found),) = unpacked(zstd(text)[:-40_000], "zstd")
    assert text.startswith(found)
    assert len(found) >= 128 << 10
    assert "Truncated" in stretch.damage


def test_a_file_of_nothing_but_damages_is_given_up() -> None:
    broken = gzip.compress(b"x")[:12]
    with pytest.raises(ValueError, match="1,000 places are damaged; nothing is read from byte"):
        unpacked(broken * (MOST_DAMAGES + 5), "gzip")


@pytest.mark.parametrize("compression", PACKERS)
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_whatever_the_bytes_the_reading_ends(compression: str, data: st.DataObject) -> None:
    content = b"".join(map(PACKERS[compression], (b"a" * 50, b"b" * 500)))
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(content)))
        content = content[:place] + data.draw(st.binary(max_size=9)) + content[place + 2 :]
    try:
        starts = [stretch.start for stretch, _ in unpacked(content, compression)]
    except OSError as error:  # a frame that claims a large window, alone in its file
        starts = [] if LARGE_WINDOW in str(error) else [-1, -1]
    assert starts == sorted(set(starts))
