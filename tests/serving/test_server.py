"""A server from its start to its end, in one process."""

import json
import socket
import urllib.error
import urllib.request

import pytest
import serving_models
from server_process import PATIENCE, free_port

from serving import flags
from serving.server import Server


def test_a_server_serves_what_is_there_and_gives_its_port_back(tmp_path):
    serving_models.half_plus_two(tmp_path / "half" / "1", 2.0)
    (tmp_path / "empty" / "1").mkdir(parents=True)
    text = "".join(
        f'config {{ name: "{name}" base_path: "{tmp_path / name}" model_platform: "tensorflow" }}\n'
        for name in ("half", "empty")
    )
    (tmp_path / "models.config").write_text(f"model_config_list {{ {text} }}", encoding="utf-8")
    port = free_port()
    arguments = [f"--model_config_file={tmp_path / 'models.config'}", "--port=0", f"--rest_api_port={port}"]
    server = Server(flags.parsed([*arguments, "--max_num_load_retries=0"]))
    server.start()
    try:
        assert server.model_names == (["half"], ["empty"])
        assert (server.rest_port, server.grpc_port) == (port, None)
        url = f"http://127.0.0.1:{port}/v1/models/half:predict"
        with urllib.request.urlopen(url, b'{"instances": [2.0]}', timeout=PATIENCE) as response:
            assert json.loads(response.read()) == {"predictions": [3.0]}
    finally:
        server.stop()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, b"{}", timeout=PATIENCE)


def test_a_port_in_use_is_said_before_a_model_is_loaded(tmp_path):
    serving_models.half_plus_two(tmp_path / "half" / "1", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = Server(flags.parsed([str(tmp_path), f"--port={port}", "--rest_api_port=0"]))
        with pytest.raises(OSError, match="choose another port with --port"):
            server.start()
        assert server.model_names == ([], [])
        server.stop()
