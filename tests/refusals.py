"""What a command says that is refused."""

import pytest


def refused(command, *arguments, capsys):
    """The one message of a command that ends with exit code 2."""
    with pytest.raises(SystemExit) as exit_:
        command.main([str(argument) for argument in arguments])
    assert exit_.value.code == 2
    printed = capsys.readouterr().err
    steps, error, message = printed.partition("error: ")
    assert error
    assert all(
        line.endswith(".") for line in steps.splitlines()
    )  # what it was doing, each on a line of its own
    assert "Traceback" not in printed
    return message
