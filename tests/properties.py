"""The examples that a property is tried on: the same ones each time; with `make test-random` others, and
more.
"""

import os

from hypothesis import settings

TIMES = int(os.environ.get("EXAMPLES_TIMES", "1"))
settings.register_profile("fixed", deadline=None, derandomize=True, database=None)
settings.register_profile(
    "random", deadline=None, derandomize=False, print_blob=True, max_examples=100 * TIMES
)


def tried_on(count):
    """The decorator of a property that is tried on `count` examples."""
    return settings(max_examples=count * TIMES)
