"""The ports: which are free."""

import socket

from server_process import free_port

from serving import listening


def test_the_ports_can_be_asked_for_by_themselves(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert listening.main([f"--port={port}", "--rest_api_port=0"]) == 2
        assert "choose another port with --port" in capsys.readouterr().err
        assert listening.main([f"--rest_api_port={port}", "--port=0"]) == 2
    assert listening.main([f"--port={free_port()}", f"--rest_api_port={free_port()}"]) == 0
    assert capsys.readouterr().err.count("error: ") == 1
