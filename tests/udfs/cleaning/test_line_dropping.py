import pyarrow as pa
import pytest

from udfs.cleaning.line_dropping import RULES, line_drops
from udfs.lines.facts import line_facts
from udfs.text.tokenising import tokenise

PROSE = "This is an ordinary sentence of prose, and it ends here."


def drop(text: str, *rules: str) -> tuple[str, list[str]]:
    tokens = tokenise(pa.array([text]))
    drops = line_drops(tokens, line_facts(tokens), rules or RULES)
    raw, kept, position = text.encode(), b"", 0
    for start, stop in zip(drops.removals.start, drops.removals.stop, strict=True):
        assert start >= position
        kept += raw[position:start]
        position = int(stop)
    return (kept + raw[position:]).decode(), [RULES[rule] for rule in drops.rules]


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("12:30 -- 15/06", ["letterless"]),
        ("******", ["letterless"]),
        ("THIS IS SHOUTED", ["uppercase"]),
        ("3 likes", ["counter"]),
        ("Sign in", ["furniture"]),
        ("责任编辑：王小明", ["furniture"]),
        ("data " + "x" * 1001, ["long_word"]),
        ("x" * 1001 + " and then a good sentence of prose" * 40, []),
        (PROSE, []),
        ("- 12", []),
        ("# 2024", []),
        ("| 1 | 2 |", []),
        ("1. 42", []),
        ("You can sign in tomorrow or any other day that you like, said the clerk.", []),
        ("第三章", []),
        ("OK", []),
        ("});", []),
        ("} else {", []),
        ("(2)", ["letterless"]),
    ],
)
def test_each_line_goes_by_its_rule_or_stays(line: str, rules: list[str]) -> None:
    assert drop(f"{PROSE}\n{line}\n{PROSE}x")[1] == rules


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_is_off_drops_nothing(rule: str) -> None:
    text = "12\nSHOUTED LINE\n3 likes\nSign in\n" + "x" * 1001 + "\nReply\nReply\nReply"
    assert rule not in drop(text, *(other for other in RULES if other != rule))[1]
    assert set(drop(text, rule)[1]) == {rule}


def test_third_copies_go_and_the_first_two_stay() -> None:
    text = "Reply\nfirst post\nReply\nsecond post\nReply\nthird post\nReply"
    result, rules = drop(text)
    assert result == "Reply\nfirst post\nReply\nsecond post\nthird post\n"
    assert rules == ["repeated"] * 2


@pytest.mark.parametrize("line", ["“Yes.”", "湘云忙联道：", "Never!", "- item", "| a |"])
def test_dialogue_lists_and_tables_may_repeat(line: str) -> None:
    assert drop(f"{line}\nx\n" * 5, "repeated")[1] == ["repeated"] * 3  # only the x
    assert drop(f"{line}\n" * 5, "repeated")[1] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n12\nb", "a\nb"),
        ("a\n\n12\n\nb", "a\n\nb"),
        ("a\n\n12\n\n34\n\nb", "a\n\nb"),
        ("12\n\na", "a"),
        ("a\n\n12", "a\n\n"),
        ("a\r\n12\r\nb", "a\r\nb"),
        ("  12  \na", "a"),
        ("12", ""),
    ],
)
def test_no_gap_is_left_behind(text: str, expected: str) -> None:
    assert drop(text)[0] == expected


def test_code_is_left_alone() -> None:
    text = "```\n}\n}\n}\n42\nEND\nEND\nEND\n```"
    assert drop(text) == (text, [])


def test_texts_do_not_count_together() -> None:
    tokens = tokenise(pa.array(["Reply\nReply", "Reply\nReply"]))
    assert len(line_drops(tokens, line_facts(tokens), RULES).rules) == 0
