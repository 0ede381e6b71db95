"""Documents written for this project, labelled by shape: chat logs in three styles, and what must survive.

Sentences are ours; documents are drawn from them with a fixed seed, so that every run has the same ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

DOCUMENTS_A_SHAPE = 20

_CHAT = {
    "en": "hi all|lol|anyone up?|brb|that is so true|no way|where are you from|same here|ok|what time is "
    "it there|"
    "who left|wb|i just got home|haha yes|nope|see you tomorrow|ask him|not today|thanks!|sure why not|"
    "did it work?|it did not|try again|good night all",
    "zh": "大家好|哈哈|有人在吗？|马上回来|说得对|不会吧|你是哪里人|我也是|好的|你那边几点了|谁走了|"
    "欢迎回来|我刚到家|"
    "是啊|没有|明天见|问他吧|今天不行|谢谢！|可以啊|好了吗？|还没有|再试试|大家晚安",
    "ja": "こんばんは|笑|誰かいる？|すぐ戻る|その通り|まさか|どこの人？|私も|了解|そっちは何時？|"
    "誰が出た？|おかえり|今帰った|"
    "うん|いや|また明日|聞いてみて|今日は無理|ありがとう！|いいよ|できた？|まだ|もう一回|おやすみ",
}
_NAMES = {
    "en": ("ann", "bob_77", "carla", "dmitri"),
    "zh": ("小王", "阿明", "李雷", "风筝"),
    "ja": ("たろう", "花子", "ケン", "みき"),
}
_LONG = {
    "en": (
        "We started with a single shop near the harbour, and for the first three years nobody outside the "
        "street "
        "knew that we were there at all.",
        "The committee asked for a second opinion, because the first report had counted the same trees "
        "twice and "
        "left out the northern slope.",
        "When the water rose, my grandfather carried the books up to the attic one by one and dried them "
        "on the "
        "chimney for a week.",
        "It took us most of the winter to understand that the fault lay in the instrument and not in the "
        "samples "
        "we had collected.",
        "People often ask whether the work became easier with time, and the honest answer is that only "
        "the mornings "
        "did.",
        "Nobody planned the garden in the way you see it today; it grew around the two old pear trees "
        "that we did "
        "not have the heart to fell.",
    ),
    "zh": (
        "我们最早只在码头附近开了一家小店，头三年里，除了那条街上的邻居，几乎没有人知道我们在那里。",
        "委员会要求再请一位专家复核，因为第一份报告把同一批树木数了两遍，却漏掉了北面的整片山坡。",
        "水涨上来的时候，祖父把书一本一本搬到阁楼上，又在烟囱旁边烤了整整一个星期才算晾干。",
        "我们花了大半个冬天才弄明白，问题出在仪器上，而不是出在我们辛辛苦苦采来的那些样本上。",
        "常有人问我，这份工作做久了会不会变得轻松一些，老实说，轻松起来的只有每天的早晨而已。",
        "现在大家看到的这座花园当初并没有人设计过，它是围着两棵舍不得砍掉的老梨树慢慢长出来的。",
    ),
    "ja": (
        "最初は港の近くに小さな店を一軒開いただけで、三年のあいだ、"
        "通りの外の人には存在すら知られていませんでした。",
        "委員会がもう一度意見を求めたのは、最初の報告書が同じ木を二度数え、"
        "北側の斜面を落としていたからです。",
        "水が上がってきたとき、祖父は本を一冊ずつ屋根裏へ運び、煙突のそばで一週間かけて乾かしました。",
        "原因が集めた試料ではなく装置のほうにあると分かるまでに、"
        "私たちは冬のほとんどを費やしてしまいました。",
        "仕事は年とともに楽になるのかとよく聞かれますが、正直に言えば、楽になったのは朝だけでした。",
        "今ご覧の庭は誰かが設計したものではなく、"
        "切るに忍びなかった二本の古い梨の木のまわりに育ったものです。",
    ),
}
_VERSE = {
    "en": "The lamp is out, the harbour still,|The gulls have gone to sleep;|A single light below the hill|"
    "Keeps watch above the deep.|And he who waits beside the door,|Whose hair is white as foam,|"
    "Has counted ships for years, and more|Than half did not come home.",
    "zh": "灯火渐暗港湾静，|鸥鸟归巢梦已深。|山下孤光犹未灭，|夜夜长明照海心。|门前独坐人头白，|"
    "数尽归帆岁月侵。|"
    "去时船有千千只，|半数沉沙不可寻。",
    "ja": "灯は消えて港は静か、|かもめも眠りについた。|丘のふもとの光ひとつ、|深い海を見守っている。|"
    "戸口で待つ人の髪は、|"
    "泡のように白くなり、|数えた船は幾年月、|半ばは帰らなかった。",
}
_ITEMS = {
    "en": "two ripe pears, cut in half|a pinch of sea salt|half a litre of cold water|a clean glass jar "
    "with a lid|"
    "one spoon of honey from the hills|fresh mint, washed and dried",
    "zh": "熟透的梨两个，对半切开|海盐一小撮|凉开水半升|带盖的干净玻璃罐一个|山上的蜂蜜一勺|薄荷叶，"
    "洗净晾干",
    "ja": "熟した梨を二つ、半分に切る|海の塩をひとつまみ|冷たい水を半リットル|蓋つきの清潔なガラス瓶|"
    "山の蜂蜜をひとさじ|"
    "洗って乾かしたミントの葉",
}
_CODE = (
    "def load(path):", "    rows = []", "    with open(path) as file:", "        for line in file:",
    "            if not line.strip():", "                continue", "            rows.append(line.split())",
    "    return rows", "", "def main():", '    rows = load("data.txt")', "    print(len(rows))",
    "    for row in rows:", "        print(row[0], sum(map(int, row[1:])))", "", "main()",
)  # fmt: skip


class Example(NamedTuple):
    """A labelled document."""

    shape: str
    language: str
    is_log: bool
    text: str


def line_examples() -> list[Example]:
    """Return all documents: every shape in every language, ``DOCUMENTS_A_SHAPE`` each."""
    return [
        Example(
            shape, language, is_log, write(random.Random(f"{shape} {language} {number}"), language)
        )
        for shape, (is_log, write) in SHAPES.items()
        for language in ("en", "zh", "ja")
        for number in range(DOCUMENTS_A_SHAPE)
    ]


def _utterances(chance: random.Random, language: str) -> list[str]:
    pool = _CHAT[language].split("|")
    return [chance.choice(pool) for _ in range(chance.randint(40, 120))]


def _bare_log(chance: random.Random, language: str) -> str:
    return "\n".join(_utterances(chance, language))


def _named_log(chance: random.Random, language: str) -> str:
    colon = ": " if language == "en" else "："
    lines = _utterances(chance, language)
    return "\n".join(f"{chance.choice(_NAMES[language])}{colon}{line}" for line in lines)


def _stamped_log(chance: random.Random, language: str) -> str:
    lines, minute = [], chance.randint(0, 900)
    for line in _utterances(chance, language):
        minute += chance.randint(0, 3)
        name = chance.choice(_NAMES[language])
        lines.append(f"[{minute // 60:02}:{minute % 60:02}] <{name}> {line}")
    return "\n".join(lines)


def _paragraph(chance: random.Random, language: str, sentences: int) -> str:
    joint = " " if language == "en" else ""
    return joint.join(chance.choice(_LONG[language]) for _ in range(sentences))


def _article(chance: random.Random, language: str) -> str:
    return "\n\n".join(_paragraph(chance, language, chance.randint(2, 5)) for _ in range(6))


def _interview(chance: random.Random, language: str) -> str:
    names, colon = _NAMES[language], ": " if language == "en" else "："
    turns = [
        f"{names[turn % 2]}{colon}{_paragraph(chance, language, 1 + 2 * (turn % 2))}"
        for turn in range(chance.randint(10, 20))
    ]
    return "\n".join(turns)


def _play(chance: random.Random, language: str) -> str:
    names, colon = _NAMES[language], ". " if language == "en" else "："
    lines = []
    for _ in range(chance.randint(20, 40)):
        lines.append(f"{chance.choice(names).upper()}{colon}{_paragraph(chance, language, 1)}")
        if chance.random() < 0.2:
            lines.append(
                "(Exit.)" if language == "en" else "（下）" if language == "zh" else "（退場）"
            )
    return "\n".join(lines)


def _poem(chance: random.Random, language: str) -> str:
    lines = _VERSE[language].split("|")
    return "\n\n".join("\n".join(chance.sample(lines, 4)) for _ in range(8))


def _code(chance: random.Random, language: str) -> str:
    del chance, language  # a program is the same in every language
    return "```\n" + "\n".join(_CODE) + "\n```"


def _list(chance: random.Random, language: str) -> str:
    items = _ITEMS[language].split("|")
    return "\n".join(f"- {item}" for item in chance.sample(items, len(items)))


def _table(chance: random.Random, language: str) -> str:
    rows = [f"| {item} | {chance.randint(1, 99)} |" for item in _ITEMS[language].split("|")]
    return "\n".join([rows[0], "| --- | --- |", *rows[1:]])


def _in_prose(write: Callable[[random.Random, str], str]) -> Callable[[random.Random, str], str]:
    def framed(chance: random.Random, language: str) -> str:
        before, after = (
            "\n\n".join(
                _paragraph(chance, language, chance.randint(2, 4))
                for _ in range(chance.randint(1, 5))
            )
            for _ in range(2)
        )
        return f"{before}\n\n{write(chance, language)}\n\n{after}"

    return framed


SHAPES: dict[str, tuple[bool, Callable[[random.Random, str], str]]] = {
    "chat log, bare lines": (True, _bare_log),
    "chat log, `name: text`": (True, _named_log),
    "chat log, `[time] <name> text`": (True, _stamped_log),
    "article": (False, _article),
    "interview": (False, _interview),
    "play": (False, _play),
    "poem in prose": (False, _in_prose(_poem)),
    "code in prose": (False, _in_prose(_code)),
    "list in prose": (False, _in_prose(_list)),
    "table in prose": (False, _in_prose(_table)),
    "poem alone": (False, _poem),
    "code alone": (False, _code),
    "list alone": (False, _list),
    "table alone": (False, _table),
}
"""Shape to whether it is a log that must go, and how one is written."""
