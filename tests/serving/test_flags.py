"""The server's flags: what is taken for what."""

import pytest

from serving import flags


def test_a_switch_before_the_folder_does_not_take_it(tmp_path):
    chosen = flags.parsed(["--enable_batching", str(tmp_path), "--enable_model_warmup=false"])
    assert (chosen.folder, chosen.enable_batching, chosen.enable_model_warmup) == (tmp_path, True, False)


def test_the_ports_are_tensorflow_servings_and_this_machines_alone(tmp_path):
    chosen = flags.parsed([str(tmp_path)])
    assert (chosen.host, chosen.port, chosen.rest_api_port) == ("127.0.0.1", 8500, 8501)


@pytest.mark.parametrize(
    "words",
    [[], ["a", "--model_name=m"], ["a", "--port=0", "--rest_api_port=0"], ["a", "--enable_batching=maybe"]],
)
def test_flags_that_do_not_fit_end_with_2(words):
    with pytest.raises(SystemExit, match="2"):
        flags.parsed(words)
