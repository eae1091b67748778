"""What a command says that is refused."""

import re

import pytest


def refused(command, *arguments, capsys):
    """The one message of a command that ends with exit code 2."""
    with pytest.raises(SystemExit) as exit_:
        command.main([str(argument) for argument in arguments])
    assert exit_.value.code == 2
    printed = capsys.readouterr().err
    steps, error, message = printed.partition("error: ")
    assert error
    # What it was doing, each on a line of its own; one that took long has its time.
    assert all(re.search(r"\.( [\d,of ]+ s)?\.?$", line) for line in steps.splitlines()), steps
    assert "Traceback" not in printed
    return message
