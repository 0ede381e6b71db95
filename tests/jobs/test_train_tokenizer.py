"""The table that `corpusmill train-tokenizer` prints."""

from jobs.command.parser import build_parser
from jobs.train_tokenizer import vocabulary_text
from tests.small_tokenisers import byte_level_json, tiktoken_file
from udfs.trainer_files.tokenising.tokeniser_file import read_tokeniser
from udfs.trainer_files.tokenising.vocabulary_report import vocabulary_facts


def test_vocabularies_stand_side_by_side() -> None:
    texts = {"en": ["the keeper of the lighthouse"], "source a": ["the keeper of the lighthouse"]}
    files = {"/x/ours/tokenizer.json": byte_level_json(), "/x/theirs.tiktoken": tiktoken_file()}
    facts = {
        name: vocabulary_facts(read_tokeniser(name, content), texts)
        for name, content in files.items()
    }
    text = vocabulary_text(facts)
    ours = facts["/x/ours/tokenizer.json"].groups["en"].bytes_a_token
    (header,) = [line for line in text.splitlines() if "documents" in line]
    assert header.split() == ["documents", "ours/tokenizer.json", "x/theirs.tiktoken"]
    (line,) = [line for line in text.splitlines() if line.startswith("en ")]
    assert line.split()[1:3] == ["1", f"{ours:.2f}"]
    assert "262 tokens" in text


def test_words_have_the_defaults_of_the_documents() -> None:
    arguments = build_parser().parse_args(["train-tokenizer", "RUN", "OUT"])
    assert (arguments.kind, arguments.vocabulary, arguments.sample_megabytes) == (
        "bpe",
        32_000,
        100,
    )
