"""The overview of the commands."""

from keras_seq.__main__ import main as overview


def test_the_package_itself_lists_its_commands(capsys):
    assert overview([]) == 0
    printed = capsys.readouterr().out
    for command in ("keras_seq.train", "keras_seq.inspect", "export RUN", "serving SERVABLES", "translation"):
        assert command in printed
    models = printed.partition("trained models, which stand for RUN by their names:\n")[2]
    assert "  sentiment " in models
