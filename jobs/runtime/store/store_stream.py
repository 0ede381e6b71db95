"""A remote file as the standard library reads files, with broken connections told from damage."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa

from jobs.runtime.errors import StoreReadError


class StoreStream(io.RawIOBase):
    """A remote file whose broken connection is no damage of the file.

    What is read first at its beginning is kept: who tells formats by the first bytes comes back to
    them several times, and each time would be a request.
    """

    def __init__(self, path: str, file: pa.NativeFile) -> None:
        self._path = path
        self._file = file
        self._beginning = b""
        self._at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, as files do."""
        if whence == io.SEEK_END:
            offset += int(self._file.size())
        self._at = max(0, offset + self._at if whence == io.SEEK_CUR else offset)
        return self._at

    def tell(self) -> int:
        """Return the offset in bytes."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Read at most as many bytes as fit and return how many; 0 at the end.

        Raises:
            StoreReadError: The store broke off.
        """
        data = self._beginning[self._at : self._at + len(buffer)]
        if not data:
            data = self._fetched(len(buffer))
            if self._at == 0:
                self._beginning = data
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _fetched(self, size: int) -> bytes:
        try:
            self._file.seek(self._at)
            return bytes(self._file.read(size))
        except OSError as error:
            raise StoreReadError(f"{self._path}: the store broke off ({error})") from error

    def close(self) -> None:
        """Give the connection back."""
        if not self.closed:
            self._file.close()
        super().close()
