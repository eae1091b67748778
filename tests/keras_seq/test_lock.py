"""A lock on a file: one process has it, and a crash leaves nobody's."""

import os
import threading

import pytest

from keras_seq.lock import Locked, holder, locked


def test_a_lock_is_one_processs_and_none_that_a_crash_left_is_anybodys(tmp_path, another_process):
    file = tmp_path / "run" / "lock"
    other = another_process(file)
    assert holder(file) == str(other.pid)
    with pytest.raises(Locked) as error, locked(file):
        pass
    assert error.value.pid == str(other.pid)
    other.kill()
    other.wait()
    assert file.exists()
    assert holder(file) is None
    with locked(file):
        assert file.read_text(encoding="ascii") == str(os.getpid())
    assert not file.exists()


def test_one_of_many_at_once_gets_a_lock(tmp_path):
    """Each takes and lets go of it many times; never do two have it."""
    inside, most, errors = [], [], []

    def work():
        for _ in range(200):
            try:
                with locked(tmp_path / "lock"):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
            except Locked:
                pass
            except OSError as error:
                errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert max(most) == 1
