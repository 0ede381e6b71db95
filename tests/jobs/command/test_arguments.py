"""Options that stand for settings: none takes another's place unseen."""

import pytest

from jobs.command.parser import build_parser


def overrides(*words: str) -> list[str]:
    given: list[str] = build_parser().parse_args(["run", "in", "out", *words]).overrides
    return given


def test_options_with_names_stand_for_settings_in_their_order() -> None:
    words = ("--annotator", "a.b:doses", "--set", "dedup.threshold=0.8", "--reader", ".SRT=c:read")
    assert overrides(*words, "--annotator", "a.b:doses", "--annotator", "a.b:drugs") == [
        "annotators.doses=a.b:doses",
        "dedup.threshold=0.8",
        "ingest.readers.srt=c:read",
        "annotators.doses=a.b:doses",
        "annotators.drugs=a.b:drugs",
    ]
    assert overrides() == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--annotator", "a:doses", "--annotator", "b:doses"),
            "a:doses and b:doses are both called doses",
        ),
        (
            ("--reader", ".srt=a:read", "--reader", "srt=b:read"),
            "a:read and b:read are both called srt",
        ),
    ],
)
def test_a_second_of_one_name_is_refused(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        overrides(*words)
    assert told in capsys.readouterr().err
