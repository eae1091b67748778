"""A lock on a folder, for one process at a time; the system takes it back when the process ends, however it
ends.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pathlib
from collections.abc import Iterator


class Locked(Exception):
    """Another process has the lock; `pid` is its number, "" where it is not known."""

    def __init__(self, pid: str) -> None:
        super().__init__(pid)
        self.pid = pid


@contextlib.contextmanager
def locked(file: pathlib.Path) -> Iterator[None]:
    """Hold the lock of a file, which is made for it and removed after it; one that a crash left is nobody's.

    Its folder is made too, where there is none, and does not stay if it is still empty in the end.

    Raises:
        Locked: when another process has it.
        OSError: when the file cannot be made.
    """
    made = not file.parent.exists()
    file.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            _take(descriptor)
            # Between opening and locking, who had it before may have removed the file.
            if _is_still(file, descriptor):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, str(os.getpid()).encode())
                try:
                    yield
                finally:
                    file.unlink(missing_ok=True)
                    if made:
                        with contextlib.suppress(OSError):
                            file.parent.rmdir()
                return
        finally:
            os.close(descriptor)


def holder(file: pathlib.Path) -> str | None:
    """The process that holds the lock of a file ("" where its number is not known); None where nobody does."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        _take(descriptor)
    except Locked as error:
        return error.pid
    finally:
        os.close(descriptor)
    return None


def _take(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Locked(os.pread(descriptor, 20, 0).decode("ascii", "replace")) from None
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):  # a disk that knows no locks
            raise


def _is_still(file: pathlib.Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
