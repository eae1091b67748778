"""What the tests of the client share: a stub of either interface."""

import socket

import pytest
from client_stubs import State, start_grpc, start_rest


@pytest.fixture
def state():
    return State()


@pytest.fixture
def rest(state):
    server = start_rest(state)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def grpc_address(state):
    server, port = start_grpc(state)
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.fixture(params=["rest", "grpc"])
def asked(request, state):
    """What a client needs to ask a stub, over either interface."""
    if request.param == "grpc":
        return {"url": request.getfixturevalue("grpc_address"), "grpc": True}
    return {"url": request.getfixturevalue("rest")}


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
