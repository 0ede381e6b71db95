from udfs.lines.phrases import phrase_table


def test_all_phrases_are_in_the_table_once() -> None:
    table = phrase_table()
    listed = []
    for slot in table.slots:
        number = int(slot)
        while number >= 0:
            listed.append(number)
            number = int(table.following[number])
    assert sorted(listed) == list(range(len(table.kinds)))


def test_phrases_have_tokens_and_the_table_has_room() -> None:
    table = phrase_table()
    assert all(table.offsets[1:] > table.offsets[:-1])
    assert (table.slots >= 0).sum() * 2 < len(table.slots)
