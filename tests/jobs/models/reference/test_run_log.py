"""The log of a training that was killed: what its checkpoint has not seen goes, half a line, too."""

from pathlib import Path

from jobs.models.reference.run_log import StepLog, read_log


def test_lines_behind_the_checkpoint_and_half_a_line_go(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = StepLog(path, 0)
    for step in (1, 2, 3):
        log.write(step=step, loss=4.0 - step)
    with path.open("a") as stream:
        stream.write('{"step": 4, "lo')
    assert [line["step"] for line in read_log(path)] == [1, 2, 3]
    again = StepLog(path, 2)
    again.write(step=3, loss=0.5)
    assert [line["loss"] for line in read_log(path)] == [3.0, 2.0, 0.5]


def test_a_log_that_is_not_there_has_no_line(tmp_path: Path) -> None:
    assert list(read_log(tmp_path / "log.jsonl")) == []
