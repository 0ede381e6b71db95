"""Buckets whose readers pay, as arXiv's: read by boto3, for Arrow cannot offer to pay.

Which buckets these are stands in the environment variable CORPUSMILL_REQUESTER_PAYS, separated by
commas: to pay must be said bucket by bucket, and executors inherit it like the store's address.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs

ENVIRONMENT_VARIABLE = "CORPUSMILL_REQUESTER_PAYS"
PAYER = {"RequestPayer": "requester"}


def paid_buckets() -> list[str]:
    """Return the buckets whose readers have agreed to pay."""
    named = os.environ.get(ENVIRONMENT_VARIABLE, "").split(",")
    return [name.strip() for name in named if name.strip()]


class RequesterPaysFiles(pafs.FileSystemHandler):  # type: ignore[misc]
    """What Arrow needs to list and read such buckets; whatever writes raises OSError."""

    def __init__(self, client: Any) -> None:
        """Wrap a boto3 client for S3."""
        self._client = client

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RequesterPaysFiles) and other._client is self._client

    def __hash__(self) -> int:
        return id(self._client)

    def get_type_name(self) -> str:
        """Return the name that Arrow shows."""
        return "s3-requester-pays"

    def normalize_path(self, path: str) -> str:
        """Return the path as it is."""
        return path

    def get_file_info(self, paths: list[str]) -> list[pafs.FileInfo]:
        """Return kind, size and time of each path."""
        return [self._info(path) for path in paths]

    def get_file_info_selector(self, selector: pafs.FileSelector) -> list[pafs.FileInfo]:
        """Return the files below a prefix; with all their folders' names taken for granted.

        Raises:
            FileNotFoundError: Nothing is there.
        """
        bucket, _, key = selector.base_dir.partition("/")
        delimiter = {} if selector.recursive else {"Delimiter": "/"}
        prefix = f"{key.rstrip('/')}/" if key else ""
        found = [
            _file(f"{bucket}/{entry['Key']}", entry["Size"], entry["LastModified"])
            for entry in self._listed(bucket, prefix, delimiter)
            if not entry["Key"].endswith("/")
        ]
        if not found and not selector.allow_not_found:
            raise FileNotFoundError(2, "no such prefix", selector.base_dir)
        return found

    def open_input_file(self, path: str) -> pa.NativeFile:
        """Open an object.

        Raises:
            FileNotFoundError: It is not there.
        """
        info = self._info(path)
        if info.type != pafs.FileType.File:
            raise FileNotFoundError(2, "no such object", path)
        return pa.PythonFile(_PaidObject(self._client, path, info.size), mode="r")

    open_input_stream = open_input_file

    def _info(self, path: str) -> pafs.FileInfo:
        bucket, _, key = path.partition("/")
        head = self._asked(bucket, self._client.head_object, Key=key) if key else None
        if head is not None:
            return _file(path, head["ContentLength"], head["LastModified"])
        prefix = f"{key.rstrip('/')}/" if key else ""
        is_there = next(self._listed(bucket, prefix, {"MaxKeys": 1}), None) is not None
        kind = pafs.FileType.Directory if is_there else pafs.FileType.NotFound
        return pafs.FileInfo(path, kind)

    def _asked(self, bucket: str, request: Any, **words: Any) -> Any:
        """The answer, None for what is not there."""
        from botocore.exceptions import ClientError

        with _store_errors():
            try:
                return request(Bucket=bucket, **words, **PAYER)
            except ClientError as error:
                if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                    return None
                raise

    def _listed(self, bucket: str, prefix: str, words: dict[str, Any]) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            request = self._client.list_objects_v2
            page = self._asked(bucket, request, Prefix=prefix, **words, **token) or {}
            yield from page.get("Contents", ())
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise OSError(f"a bucket named in {ENVIRONMENT_VARIABLE} is only read")

    copy_file = create_dir = delete_dir = delete_dir_contents = delete_file = _refuse
    delete_root_dir_contents = move = open_append_stream = open_output_stream = _refuse


@contextlib.contextmanager
def _store_errors() -> Iterator[None]:
    """What Arrow and readers of files expect instead of boto3's own errors."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OSError(str(error)) from error


def _file(path: str, size: int, modified: Any) -> pafs.FileInfo:
    return pafs.FileInfo(path, pafs.FileType.File, size=size, mtime=modified.timestamp())


class _PaidObject(io.RawIOBase):
    """An object as a file: one request for what is read in a row, another one after a seek."""

    def __init__(self, client: Any, path: str, size: int) -> None:
        self._client, self._size, self._place = client, size, 0
        self._bucket, _, self._key = path.partition("/")
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if start + offset != self._place:
            self._give_back()
        self._place = start + offset
        return self._place

    def readinto(self, buffer: Any) -> int:
        if self._place >= self._size or not len(buffer):
            return 0
        with _store_errors():
            if self._body is None:
                wanted = {"Bucket": self._bucket, "Key": self._key, **PAYER}
                answer = self._client.get_object(**wanted, Range=f"bytes={self._place}-")
                self._body = answer["Body"]
            data = self._body.read(len(buffer))
        if not data:
            raise OSError(f"the object ended {self._size - self._place} bytes early")
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self) -> None:
        self._give_back()
        super().close()

    def _give_back(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
