"""Bits a byte from nats and the bytes that predicted tokens stand for."""

import math

import numpy as np
import pytest

from jobs.models.reference.row_stream import PackedRow
from jobs.models.reference.token_text import bits_a_byte, predicted_bytes


def test_first_tokens_and_padding_have_no_bytes() -> None:
    ids = np.array([5, 1, 0, 3, 2, 9, 9], np.int32)
    row = PackedRow(ids, np.array([3, 2], np.int32), 2, ["a", "b"], np.zeros(2, bool))
    lengths = np.arange(10) * 10
    assert predicted_bytes(row, lengths).tolist() == [10 + 0, 20]


def test_a_uniform_model_of_bytes_has_eight_bits_a_byte() -> None:
    assert bits_a_byte(100 * math.log(256), 100) == pytest.approx(8)
