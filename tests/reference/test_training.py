"""A training goes on after a kill as if nothing had been, and its loss is what it says it is."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from jobs.ablation.packed_training import held_out_rows
from jobs.command_line import main
from jobs.models.reference.evaluation import segment_losses
from jobs.models.reference.run_log import LOG_NAME, SAMPLES_NAME, read_log
from jobs.models.reference.training import CHECKPOINT_NAME, CURVE_NAME, Trainer
from jobs.packing.opened_rows import open_rows
from jobs.runtime.errors import SettingsError
from tests.conftest import REPOSITORY
from tests.packed_folder import SETTINGS as PACK
from tests.packed_folder import documents, packed_folder
from tests.reference.trainings import (
    CPU,
    PACE,
    SETTINGS,
    greatest_difference,
    losses,
    trained,
    trainer,
    training_data,
)

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed") / "run"
    return packed_folder(folder, documents(200), documents(20, 1000))


@pytest.fixture(scope="module")
def whole(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    trained(packed, folder)
    return folder


def told(folder: Path) -> list[dict[str, Any]]:
    """The log without what the clock says."""
    clock = {"tokens_a_second", "share_of_peak"}
    return [
        {key: value for key, value in line.items() if key not in clock}
        for line in read_log(folder / LOG_NAME)
    ]


class TestResume:
    def test_a_killed_training_has_the_log_of_one_that_was_not(
        self, packed: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class KilledError(Exception):
            pass

        update = Trainer._update

        def killed_after_step_10(self: Trainer, rows: Any) -> dict[str, float]:
            if self.step == 10:
                raise KilledError
            return update(self, rows)

        with monkeypatch.context() as patch:
            patch.setattr(Trainer, "_update", killed_after_step_10)
            with pytest.raises(KilledError):
                trainer(packed, tmp_path).run()
        assert len(losses(tmp_path)) == 10  # two steps beyond the checkpoint of step 8
        trainer(packed, tmp_path).run()
        assert told(tmp_path) == told(whole)
        assert (tmp_path / SAMPLES_NAME).read_text() == (whole / SAMPLES_NAME).read_text()

    def test_a_finished_training_does_nothing_more(self, packed: Path, whole: Path) -> None:
        before = (whole / LOG_NAME).read_text()
        trainer(packed, whole).run()
        assert (whole / LOG_NAME).read_text() == before

    def test_other_settings_are_refused_by_name(self, packed: Path, whole: Path) -> None:
        with pytest.raises(SettingsError, match=r"learning_rate 0\.003, and 0.1 is wanted"):
            trainer(packed, whole, learning_rate=0.1)

    def test_other_rows_are_refused(self, whole: Path, tmp_path: Path) -> None:
        other = packed_folder(tmp_path / "other", documents(100, 5000))
        with pytest.raises(SettingsError, match="holds a training with"):
            trainer(other, whole)

    def test_a_process_killed_from_outside_goes_on(self, packed: Path, tmp_path: Path) -> None:
        words = ["train-reference", str(packed), "", "--steps", "40", "--batch-rows", "8"]
        words += ["--checkpoint-every", "3", "--evaluate-every", "20", "--sample-every", "40"]
        run = [sys.executable, "-m", "jobs.command_line", *words]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
        run[5] = str(tmp_path / "killed")
        process = subprocess.Popen(run, env=environment, cwd=REPOSITORY, stderr=subprocess.DEVNULL)
        while not (tmp_path / "killed" / CHECKPOINT_NAME).exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(losses(tmp_path / "killed")) < 40
        for name in ("killed", "whole"):
            run[5] = str(tmp_path / name)
            subprocess.run(run, env=environment, cwd=REPOSITORY, check=True, capture_output=True)
        assert told(tmp_path / "killed") == told(tmp_path / "whole")


class TestLoss:
    def test_it_falls(self, whole: Path) -> None:
        found = losses(whole)
        assert found[-1] < found[0] - 0.5
        assert losses(whole, "held_out_loss")[-1] < losses(whole, "held_out_loss")[0]

    def test_of_a_model_that_knows_nothing_is_ln_v(self, packed: Path, tmp_path: Path) -> None:
        one = trainer(packed, tmp_path)
        with torch.no_grad():
            one.model.embedding.weight.zero_()
        data = training_data(packed)
        found = segment_losses(one.model, data.held_out, SETTINGS, CPU, 64, 4)
        wanted = math.log(data.stream.vocabulary)
        assert float(found.nats.sum() / found.tokens.sum()) == pytest.approx(wanted, rel=1e-6)

    def test_a_first_step_begins_half_a_nat_above_ln_v(self, packed: Path, whole: Path) -> None:
        # Scores of unit variance cost the logarithm of the mean of exp: a half.
        nothing = math.log(training_data(packed).stream.vocabulary)
        assert losses(whole)[0] == pytest.approx(nothing + 0.5, abs=0.15)

    def test_one_seed_gives_one_curve_and_another_another(
        self, packed: Path, whole: Path, tmp_path: Path
    ) -> None:
        assert trained(packed, tmp_path / "same") == losses(whole)
        assert trained(packed, tmp_path / "other", seed=1) != losses(whole)


@pytest.mark.parametrize("rows_at_once", [1, 2, 4])
def test_micro_batches_add_up_to_the_batch(
    packed: Path, whole: Path, tmp_path: Path, rows_at_once: int
) -> None:
    found = trained(packed, tmp_path, pace=replace(PACE, rows_at_once=rows_at_once))
    assert greatest_difference(found, losses(whole)) < 1e-5


class TestMasks:
    def test_builders_of_the_mask_give_one_loss(
        self, packed: Path, whole: Path, tmp_path: Path
    ) -> None:
        found = trained(packed, tmp_path, mask="additive")
        assert greatest_difference(found, losses(whole)) < 1e-5

    def test_a_finite_bias_leaks_and_a_large_one_does_not(
        self, packed: Path, whole: Path, tmp_path: Path
    ) -> None:
        small = trained(packed, tmp_path / "small", mask="additive", bias=1.0)
        large = trained(packed, tmp_path / "large", mask="additive", bias=30.0)
        assert greatest_difference(large, losses(whole)) < 1e-5
        assert greatest_difference(small, losses(whole)) > 1e-4

    def test_without_boundaries_the_losses_are_others(
        self, packed: Path, whole: Path, tmp_path: Path
    ) -> None:
        assert greatest_difference(trained(packed, tmp_path, mask="causal"), losses(whole)) > 1e-4

    @pytest.mark.parametrize("mask", ["flex", "varlen"])
    def test_some_say_that_they_need_a_gpu(self, packed: Path, tmp_path: Path, mask: str) -> None:
        with pytest.raises(SettingsError, match=f"--mask {mask} has no backward pass on a CPU"):
            trainer(packed, tmp_path, mask=mask)


def test_packed_rows_give_the_losses_and_the_step_of_documents_alone(
    packed: Path, tmp_path: Path
) -> None:
    """The same documents several a row and one a row: equal losses of each, equal gradients of all."""
    texts = documents(40)
    found = {}
    for strategy in ("best-fit", "documents"):
        settings = replace(PACK, strategy=strategy, length=128)
        folder = packed_folder(tmp_path / strategy, texts, texts, settings, partitions=1)
        rows = held_out_rows(open_rows(str(folder)), 1 << 20)
        stream = training_data(folder).stream
        one = trainer(
            folder, tmp_path / f"{strategy}-out", batch_rows=stream.rows, steps=1, clip=1e9,
            pace=replace(PACE, rows_at_once=1),
        )  # fmt: skip
        by_segment = segment_losses(one.model, rows, SETTINGS, CPU, 128, 4)
        names = [document.as_py() for row in rows for document in row.documents]
        one.run()
        (line,) = (
            line for line in read_log(tmp_path / f"{strategy}-out" / LOG_NAME) if "loss" in line
        )
        by_document = dict(zip(names, by_segment.nats.tolist(), strict=True))
        found[strategy] = (len(rows), by_document, line["loss"], line["gradient_norm"])
    packed_rows, together, loss, norm = found["best-fit"]
    single_rows, alone, loss_alone, norm_alone = found["documents"]
    assert packed_rows < single_rows == len(texts)
    assert together == pytest.approx(alone, rel=1e-5)
    assert loss == pytest.approx(loss_alone, rel=1e-5)
    assert norm == pytest.approx(norm_alone, rel=1e-4)


class TestCommand:
    def test_a_batch_that_does_not_divide_is_told(self, packed: Path, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="give a multiple of 3"):
            trainer(packed, tmp_path, pace=replace(PACE, rows_at_once=3))

    def test_the_folder_holds_log_curve_samples_and_card(
        self, packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ["train-reference", str(packed), str(tmp_path), "--steps", "3", "--batch-rows", "4"]
        assert main([*words, "--prompt", "the harbour", "--quiet", "--schedule", "wsd"]) == 0
        assert "bits a byte" in capsys.readouterr().out
        card = json.loads((tmp_path / "reference.json").read_text())
        assert card["parameters"] > 200_000
        assert (tmp_path / CURVE_NAME).read_text().startswith("<svg")
        samples = list(read_log(tmp_path / SAMPLES_NAME))
        assert {line["prompt"] for line in samples} == {"the harbour"}
        lines = [line for line in read_log(tmp_path / LOG_NAME) if "loss" in line]
        assert all(line["tokens_a_second"] > 0 for line in lines)
        assert all(0 < line["share_of_peak"] < 1 for line in lines)
