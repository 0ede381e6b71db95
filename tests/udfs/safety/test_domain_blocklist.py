from __future__ import annotations

import pyarrow as pa
import pytest

from udfs.safety.domain_blocklist import DomainBlocklist, parse_blocklist


def test_hosts_and_what_lies_below_them_are_listed_and_nothing_beside_them() -> None:
    blocklist = DomainBlocklist(["bad.example", "worse.co.uk", "10.1.2.3"])
    urls = {
        "http://bad.example/": True,
        "https://WWW.Bad.Example:8443/a?b=c": True,
        "https://user@sub.sub.bad.example./x": True,
        "bad.example/page": True,
        "http://10.1.2.3/": True,
        "http://notbad.example": False,
        "http://bad.example.org": False,
        "http://co.uk": False,
        "http://example/bad.example": False,
        "": False,
        "http://[::1": False,
        "not an address": False,
    }
    assert blocklist.contains(pa.array(list(urls))).tolist() == list(urls.values())
    assert blocklist.contains(pa.array([None], pa.string())).tolist() == [False]
    assert blocklist.contains(pa.array([], pa.string())).tolist() == []


def test_lists_are_read_one_domain_a_line_or_as_a_hosts_file() -> None:
    content = b"# adult\nBad.Example.\n\n0.0.0.0 worse.example  # why\n127.0.0.1\tthird.example\n"
    blocklist = parse_blocklist(content, "domains")
    assert len(blocklist) == 3
    urls = pa.array(["http://bad.example", "http://a.worse.example", "http://third.example"])
    assert blocklist.contains(urls).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"good.example\nhttps://bad.example/\n", "line 2: 'https://bad.example/' is no domain"),
        (b"one two three\n", "line 1"),
        (b"# nothing\n", "holds none"),
        (b"\xff\xfe", "is no UTF-8"),
    ],
)
def test_a_faulty_list_is_refused_by_line(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_blocklist(content, "domains")
