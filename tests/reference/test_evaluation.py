"""Losses by segment and what was likeliest there: the same as writing it token by token."""

from pathlib import Path

import numpy as np
import pytest

from jobs.ablation.memorised_text import recited_shares, recited_tokens
from jobs.models.reference.evaluation import segment_losses
from jobs.models.reference.held_out import segment_ids
from jobs.models.reference.sampling import continued
from tests.packed_folder import documents, packed_folder
from tests.reference.trainings import CPU, SETTINGS, trainer, training_data

pytestmark = pytest.mark.reference


def test_a_document_is_written_on_as_far_as_its_hits_say(tmp_path: Path) -> None:
    """Trained on a few documents, until it knows some of them by heart and others in part."""
    # Longer than rows, so that whole rows are pieces of them.
    texts = [" ".join(documents(12, 12 * number)) for number in range(3)]
    packed = packed_folder(tmp_path / "packed", texts)
    one = trainer(packed, tmp_path / "model", steps=60, batch_rows=8, learning_rate=1e-2)
    one.run()
    stream = training_data(packed).stream
    rows = list(stream.in_order())[:12]
    found = segment_losses(one.model, rows, SETTINGS, CPU, stream.length, 4)
    part = recited_tokens(stream.length)
    written = []
    for ids in (ids for row in rows for ids in segment_ids(row)):
        if len(ids) < 2 * part:
            written.append(np.nan)
            continue
        (behind,) = continued(
            one.model, ids[:part].tolist(), [0], CPU, tokens=part, eos=None, temperature=0
        )
        wrong = np.flatnonzero(np.array(behind) != ids[part : 2 * part])
        written.append((int(wrong[0]) if len(wrong) else part) / part)
    shares = recited_shares(found.hits, stream.length)
    assert shares.tolist() == pytest.approx(written, nan_ok=True)
    known = shares[~np.isnan(shares)]
    assert len(set(known.tolist())) > 1
    assert [len(own) for own in found.hits] == found.tokens.tolist()
