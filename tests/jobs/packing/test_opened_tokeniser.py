"""A tokeniser is opened before Spark starts, and what is wrong with it is said in terms of the command."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models

from jobs.packing.opened_tokeniser import open_tokeniser
from jobs.runtime.errors import MissingRequirementError, SettingsError
from tests.small_tokenisers import BOS, EOS, PAD, byte_level_json, configuration, tiktoken_file
from udfs.trainer_files.packing.settings import PackSettings


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "tokenizer.json").write_bytes(byte_level_json(special=[EOS, PAD, BOS]))
    return str(tmp_path / "tokenizer.json")


def test_bos_is_off_and_eos_and_padding_are_found(file: str) -> None:
    opened = open_tokeniser(file, PackSettings())
    assert opened.frame == (None, 0, 1)
    assert not opened.pads_with_eos
    assert open_tokeniser(file, PackSettings(bos_token=BOS)).frame.bos == 2


def test_without_a_padding_token_eos_pads(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_bytes(byte_level_json(special=[BOS, EOS]))
    opened = open_tokeniser(str(tmp_path / "t.json"), PackSettings())
    assert opened.frame == (None, 1, 1)
    assert opened.pads_with_eos


def test_the_configuration_beside_it_is_read(file: str) -> None:
    (Path(file).parent / "tokenizer_config.json").write_bytes(configuration(eos=PAD))
    assert open_tokeniser(file, PackSettings()).frame.eos == 1


def test_a_tiktoken_file_gets_its_special_tokens_by_setting(tmp_path: Path) -> None:
    (tmp_path / "t.tiktoken").write_bytes(tiktoken_file())
    chosen = PackSettings(tiktoken_special_tokens={EOS: 262})
    assert open_tokeniser(str(tmp_path / "t.tiktoken"), chosen).frame.eos == 262


def test_a_missing_file_is_named() -> None:
    with pytest.raises(MissingRequirementError, match=r"--tokenizer /no/t\.json cannot be read"):
        open_tokeniser("/no/t.json", PackSettings())


def test_what_is_no_tokeniser_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(SettingsError, match="no model with a vocabulary"):
        open_tokeniser(str(tmp_path / "t.json"), PackSettings())


def test_a_vocabulary_without_eos_is_an_error_unless_none_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_bytes(byte_level_json(special=["<|x|>"]))
    path = str(tmp_path / "t.json")
    with pytest.raises(SettingsError, match=r"known to end a text.*<\|x\|>.*--eos-token none"):
        open_tokeniser(path, PackSettings())
    assert open_tokeniser(path, PackSettings(eos_token="none")).frame == (None, None, 0)
    assert open_tokeniser(path, PackSettings(eos_token="<|x|>")).frame.eos == 0


def test_an_unknown_token_is_an_error(file: str) -> None:
    with pytest.raises(SettingsError, match="bos token '<s>' is not in the vocabulary"):
        open_tokeniser(file, PackSettings(bos_token="<s>"))


@pytest.mark.parametrize("unknown", [None, "[UNK]"])
def test_a_tokeniser_that_leaves_characters_out_is_an_error(
    unknown: str | None, tmp_path: Path
) -> None:
    vocabulary = {EOS: 0, "[UNK]": 1, "a": 2, "b": 3, "ab": 4}
    model = models.BPE(vocab=vocabulary, merges=[("a", "b")], unk_token=unknown)
    tokeniser = Tokenizer(model)
    tokeniser.add_special_tokens([EOS])
    path = tmp_path / "t.json"
    path.write_text(tokeniser.to_str(), "utf-8")
    if unknown is not None:
        assert open_tokeniser(str(path), PackSettings()).frame.eos == 0
        return
    assert tokeniser.encode("abꙮ").ids == [4]  # as if nothing had stood there
    with pytest.raises(SettingsError, match="leaves characters that it does not know out of every"):
        open_tokeniser(str(path), PackSettings())
