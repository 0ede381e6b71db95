from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from udfs.safety.domain_blocklist import DomainBlocklist, load_blocklist


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


def test_lists_are_read_one_domain_a_line_or_as_a_hosts_file(tmp_path: Path) -> None:
    path = tmp_path / "domains"
    path.write_text(
        "# adult\nBad.Example.\n\n0.0.0.0 worse.example  # why\n127.0.0.1\tthird.example\n"
    )
    blocklist = load_blocklist(path)
    assert len(blocklist) == 3
    urls = pa.array(["http://bad.example", "http://a.worse.example", "http://third.example"])
    assert blocklist.contains(urls).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"good.example\nhttps://bad.example/\n", "line 2: 'https://bad.example/' is no domain"),
        (b"one two three\n", "line 1"),
        (b"# nothing\n", "holds none"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_faulty_list_is_refused_by_line(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "domains"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_blocklist(path)
    with pytest.raises(ValueError, match="one domain a line"):
        load_blocklist(tmp_path / "absent")
