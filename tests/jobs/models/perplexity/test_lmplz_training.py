from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jobs.command_line import main
from jobs.models.perplexity.lmplz_training import require_lmplz, train_with_lmplz
from jobs.models.perplexity.trained_model import write_model_files
from jobs.runtime.errors import MissingRequirementError, StageError
from udfs.perplexity.kenlm_binary import load

# A stand-in with lmplz's arguments: a unigram count under lmplz's header is enough to be read.
PROGRAM = """#!{python}
import sys
arguments = sys.argv[1:]
value = lambda name: arguments[arguments.index(name) + 1]
text = open(value("--text")).read()
if "explode" in text:
    print("what(): the text exploded", file=sys.stderr)
    sys.exit(3)
assert value("--order") == "2" and arguments[arguments.index("--prune") + 1:][:2] == ["0", "0"]
words = sorted(set(text.split()))
lines = ["\\\\data\\\\", f"ngram 1={{len(words) + 3}}", "ngram 2=1", "", "\\\\1-grams:"]
lines += ["-2\\t<unk>\\t0", "0\\t<s>\\t-0.3", "-1\\t</s>\\t0", *(f"-1\\t{{w}}\\t0" for w in words)]
lines += ["", "\\\\2-grams:", f"-0.5\\t<s> {{words[0]}}", "", "\\\\end\\\\", ""]
open(value("--arpa"), "w").write("\\n".join(lines))
"""


@pytest.fixture
def lmplz(tmp_path: Path) -> str:
    path = tmp_path / "lmplz"
    path.write_text(PROGRAM.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)


def test_models_files_come_from_the_program(lmplz: str, tmp_path: Path) -> None:
    trained = train_with_lmplz([b"a b\n", b"c a\n"], 2, (0, 0), lmplz, tmp_path)
    assert list(trained.counts) == [6, 1]
    entry = write_model_files(tmp_path, "en.0", trained, [b"a z\n"], binary=False)
    assert load(tmp_path / entry["model"]["name"]).order == 2
    assert entry["held_out"]["oov_share"] == 0.5
    assert not list(tmp_path.glob("lmplz.*"))


def test_failure_is_told_in_the_programs_words(lmplz: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"status 3: what.*the text exploded"):
        train_with_lmplz([b"explode\n"], 2, (0, 0), lmplz, tmp_path)


def test_absent_program_is_refused_before_spark_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = str(tmp_path / "nowhere" / "lmplz")
    assert main(["train-perplexity", "in", str(tmp_path / "out"), "--lmplz", absent]) == 1
    assert f"lmplz was asked for as {absent}" in capsys.readouterr().err
    with pytest.raises(MissingRequirementError, match="no program on this machine"):
        require_lmplz(absent)
    require_lmplz(None)
