"""What the tests of file formats share: files written here, rows read, complaints caught."""

import gzip

import pytest

from keras_seq.errors import DataError
from keras_seq.formats import Table


def write(tmp_path, name, data):
    """A file of text or bytes, gzip-compressed where the name says so."""
    path = tmp_path / name
    data = data if isinstance(data, bytes) else data.encode()
    path.write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
    return path


def complaint(examples):
    """The message of the `DataError` that going over the examples raises."""
    with pytest.raises(DataError) as error:
        list(examples)
    return str(error.value)


def rows(examples):
    return [(example.input, example.truth) for example in examples]


def table(path, names=None, header=None, columns=(0, 1)):
    return Table(str(path), *columns, names, header)
