"""A remote file as the standard library reads files, with broken connections told from damage."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa

from jobs.runtime.errors import StoreReadError


class StoreStream(io.RawIOBase):
    """A remote file whose broken connection is no damage of the file."""

    def __init__(self, path: str, file: pa.NativeFile) -> None:
        self._path = path
        self._file = file

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, as files do."""
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        """Return the offset in bytes."""
        return int(self._file.tell())

    def readinto(self, buffer: Any) -> int:
        """Read at most as many bytes as fit and return how many; 0 at the end.

        Raises:
            StoreReadError: The store broke off.
        """
        try:
            data = self._file.read(len(buffer))
        except OSError as error:
            raise StoreReadError(f"{self._path}: the store broke off ({error})") from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Give the connection back."""
        if not self.closed:
            self._file.close()
        super().close()
