"""Which images of one split are in another too: no fault, but good to know before a training."""

from __future__ import annotations

import concurrent.futures
import hashlib
import pathlib
from collections.abc import Iterable, Iterator

from keras_seq import progress
from keras_seq.errors import DataError
from keras_seq.formats.examples import Example
from keras_seq.formats.faults import Faults

AT_ONCE = 16  # files; a disk or a network answers several questions at once


class Compared:
    """Some examples as they are: an iterable, over and over. When an iteration first gets to its end, it prints which
    images other splits have too.

    Args:
        examples: of training, whose inputs are files.
        others: name of a split -> its examples.
    """

    def __init__(self, examples: Iterable[Example], others: dict[str, Iterable[Example]]) -> None:
        self.examples, self.others, self._told = examples, others, False

    def __iter__(self) -> Iterator[Example]:
        paths = []
        for example in self.examples:
            paths.append(example.input.path)
            yield example
        if not self._told:
            self._told = True
            for line in remarks(paths, self.others):
                progress.say(line)


def remarks(paths: Iterable[str], others: dict[str, Iterable[Example]]) -> list[str]:
    """A line for each split that has images of training: files of the same path, or with the same bytes.

    The sizes of all files are asked for, and those read of which both have one of the same size.

    Args:
        paths: of the images of training.
        others: name of a split -> its examples. What is wrong with one is told elsewhere, and no remark.
    """
    training, found = dict.fromkeys(paths), []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE, "remarks") as pool:
        known: dict[int, list[str]] = {}
        for path, size in zip(training, pool.map(_size, training), strict=True) if others else ():
            known.setdefault(size, []).append(path)
        for split, examples in others.items():
            try:
                images = list(examples)
            except DataError:
                continue
            faults = Faults()
            for image, other in zip(images, _twins(images, training, known, pool), strict=True):
                if other == image.input.path:
                    faults.add("of the same path", image.where)
                elif other:
                    faults.add(f"of the same bytes: {image.input.path} = {other}", image.where)
            if faults.count:
                found.append(
                    f"{faults.count} of {len(images)} images of {split} are in training too: {faults}"
                )
    return found


def _twins(
    images: list[Example],
    training: dict[str, None],
    known: dict[int, list[str]],
    pool: concurrent.futures.Executor,
) -> Iterator[str]:
    """Of each image the path of the same one in training; "" where there is none."""
    paths = [image.input.path for image in images]
    sizes = list(pool.map(_size, paths))
    asked = [
        path
        for path, size in zip(paths, sizes, strict=True)
        if size > 0 and size in known and path not in training
    ]
    candidates = (
        [path for size in dict.fromkeys(sizes) if size > 0 for path in known.get(size, ())] if asked else []
    )
    digests = dict(zip(asked, pool.map(_digest, asked), strict=True))
    twins = {
        digest: path for path, digest in zip(candidates, pool.map(_digest, candidates), strict=True) if digest
    }
    for path in paths:
        yield path if path in training else twins.get(digests.get(path, b""), "")


def _size(path: str) -> int:
    """In bytes; -1 of what cannot be asked."""
    try:
        return pathlib.Path(path).stat().st_size
    except (OSError, ValueError):
        return -1


def _digest(path: str) -> bytes:
    """Of what is in a file; b"" of one that cannot be read."""
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "blake2b").digest()
    except (OSError, ValueError):
        return b""
