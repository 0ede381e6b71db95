from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.safety import obfuscation
from udfs.safety.obfuscation import normalise_for_matching


@pytest.mark.parametrize(
    ("hidden", "meant"),
    [
        ("PORN", "porn"),
        ("ｐｏｒｎ", "porn"),
        ("𝓹𝓸𝓻𝓷", "porn"),
        ("po\u200brn, po\u00adrn", "porn, porn"),
        ("p0rn c@sino ca$ino c4s1n0s", "porn casino casino casinos"),
        ("рorn сasinо", "porn casino"),
        ("p.o.r.n, p o r n!", "porn, porn!"),
        ("p-o-r-n", "porn"),
        ("赌*博 赌-博 赌\u200b博 賭博", "赌博 赌博 赌博 賭博"),
    ],
)
def test_hidden_words_are_written_as_meant(hidden: str, meant: str) -> None:
    assert normalise_for_matching(hidden) == meant


@pytest.mark.parametrize(
    "honest",
    [
        "mp4 3d 4chan 2024 x86 utf8", "порно и море", "ένα κείμενο", "a b c", "u.s.a", "i am a",
        "上海-北京 列车".replace("-", "至"), "中 文", "约翰·史密斯", "it's 5 o'clock", "e-mail",
    ],
)  # fmt: skip
def test_honest_writing_stays(honest: str) -> None:
    assert normalise_for_matching(honest) == honest


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abz019@$.- *_рсо的一\u200b", max_size=40))
def test_normalising_ends_and_invents_no_text(text: str) -> None:
    result = normalise_for_matching(text)
    assert len(result) <= len(text)
    assert "\u200b" not in result


def test_what_is_written_in_look_alike_letters_is_read_for_digits_and_signs_after_it() -> None:
    assert normalise_for_matching("pо0rn") == "poorn"
    assert normalise_for_matching("赌*博 p0rn p.o.r.n") == "赌博 porn porn"


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="abz0134@$.- *_|~рсоα一赌\u200bİ３ａ\n", max_size=24))
def test_a_pattern_that_occurs_is_never_passed_over(text: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(obfuscation, "_seen", lambda _: obfuscation._Seen(True, True, True, True))
        every_pattern = normalise_for_matching(text)
    assert normalise_for_matching(text) == every_pattern


@given(
    st.text(
        alphabet=st.sampled_from(
            "a é—’\u00ad\u200b\u2060\u206a\ufe0f\uff0f\ufeff\ufefe中\U0001f600\U000e00ad"
        ),
        max_size=6,
    )
)
def test_an_invisible_character_is_seen_wherever_it_stands(text: str) -> None:
    holds = any(character in text for character in obfuscation.INVISIBLE_CHARACTERS)
    assert obfuscation._holds_invisible(obfuscation._utf8(text), obfuscation._INVISIBLE) == holds
