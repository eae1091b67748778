"""What a user did wrong, and how a command says so.

    RecipeError   what is wrong with a recipe or a command line (a `ValueError`)
    DataError     what is wrong with a file of the user's (a `ValueError`)

Both are printed without a traceback by the commands, which then exit with code 2.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


class RecipeError(ValueError):
    """A recipe or a command line is wrong; the message says where, what was given and what was expected."""


class DataError(ValueError):
    """A file of the user's is wrong; the message starts with file:line where there is one."""


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """Print a `RecipeError` or `DataError` as one message and exit with code 2; leave quietly at Ctrl-C."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:  # as of `... | head`: nobody reads any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None
    except (RecipeError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
