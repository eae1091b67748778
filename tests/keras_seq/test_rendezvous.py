"""Where workers meet: all go on together, whoever comes first, goes, comes again or is no worker."""

import concurrent.futures
import socket
import time

import pytest

from keras_seq import rendezvous
from keras_seq.cluster import Cluster, PeersLost
from keras_seq.errors import RecipeError
from keras_seq.launch import free_addresses


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(rendezvous, "ASK_SECONDS", 0.02)


@pytest.fixture
def pool():
    with concurrent.futures.ThreadPoolExecutor(4) as made:
        yield made


def connected_to(address):
    host, port = address.split(":")
    while True:
        try:
            return socket.create_connection((host, int(port)), timeout=5)
        except OSError:
            time.sleep(0.01)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0]], ids=["chief_first", "chief_last"])
def test_all_wait_for_all(order, pool):
    addresses, met = free_addresses(3), {}
    for index in order:
        assert not any(one.done() for one in met.values())
        met[index] = pool.submit(rendezvous.meet, Cluster(addresses, index), "a")
        time.sleep(0.1)
    assert [met[index].result(timeout=10) for index in range(3)] == [True] * 3


def test_a_worker_alone_waits_for_nobody():
    assert rendezvous.meet(Cluster([""], 0), "a")
    assert not rendezvous.meet(Cluster([""], 0), "a", is_complete=True)


def test_all_are_told_that_the_run_is_complete(pool):
    addresses = free_addresses(2)
    chief = pool.submit(rendezvous.meet, Cluster(addresses, 0), "a", True)
    assert not rendezvous.meet(Cluster(addresses, 1), "a")
    assert not chief.result(timeout=10)


def test_a_chief_that_is_complete_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(rendezvous, "TELL_SECONDS", 0.1)
    assert not rendezvous.meet(Cluster(free_addresses(2), 0), "a", is_complete=True)


def test_who_trains_something_else_is_refused_on_both_sides(pool):
    addresses = free_addresses(2)
    chief = pool.submit(rendezvous.meet, Cluster(addresses, 0), "a recipe")
    with pytest.raises(RecipeError, match=r"worker 1 would train something else.*another recipe"):
        rendezvous.meet(Cluster(addresses, 1), "another recipe")
    with pytest.raises(RecipeError, match="worker 1 would train something else"):
        chief.result(timeout=10)


def test_one_who_leaves_is_waited_for_again(pool):
    """Its connection closes, as when its process is killed."""
    addresses = free_addresses(3)
    chief = pool.submit(rendezvous.meet, Cluster(addresses, 0), "a")
    with connected_to(addresses[0]) as gone:
        rendezvous._say(gone, {"hello": rendezvous.HELLO, "index": 1, "what": "a", "stage": 1})
        time.sleep(0.1)
    second = pool.submit(rendezvous.meet, Cluster(addresses, 2), "a")
    time.sleep(0.2)
    assert not chief.done()
    assert not second.done()
    assert rendezvous.meet(Cluster(addresses, 1), "a")
    assert chief.result(timeout=10)
    assert second.result(timeout=10)


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\n\r\n\n", b"", b'{"hello": "keras_seq worker", "index": 7, "what": "a"}\n', b"[1]\n"],
    ids=["http", "nothing", "no_such_worker", "list"],
)
def test_who_is_no_worker_is_not_counted(sent, pool):
    addresses = free_addresses(2)
    chief = pool.submit(rendezvous.meet, Cluster(addresses, 0), "a")
    with connected_to(addresses[0]) as stranger:
        stranger.sendall(sent)
        stranger.shutdown(socket.SHUT_WR)
        assert stranger.recv(100) == b""
    assert not chief.done()
    assert rendezvous.meet(Cluster(addresses, 1), "a")
    assert chief.result(timeout=10)


def test_an_address_that_is_taken_is_named():
    [address] = free_addresses(1)
    host, port = address.split(":")
    with (
        socket.create_server((host, int(port))),
        pytest.raises(RecipeError, match=f"{address}: the chief cannot listen"),
    ):
        rendezvous.meet(Cluster([address, "b:1"], 0), "a")


def test_a_worker_that_was_started_again_is_told_to_both(pool):
    """The chief is at the second meeting, and the worker at the first; then all begin again."""
    addresses = free_addresses(2)
    chief = pool.submit(rendezvous.meet, Cluster(addresses, 0), "a", stage=2)
    with pytest.raises(PeersLost, match="others were started again"):
        rendezvous.meet(Cluster(addresses, 1), "a")
    with pytest.raises(PeersLost, match="worker 1 was started again"):
        chief.result(timeout=10)


def test_a_chief_that_was_started_again_waits_for_the_others(pool):
    addresses = free_addresses(2)
    chief = pool.submit(rendezvous.meet, Cluster(addresses, 0), "a")
    with pytest.raises(PeersLost, match="others were started again"):
        rendezvous.meet(Cluster(addresses, 1), "a", stage=2)
    assert rendezvous.meet(Cluster(addresses, 1), "a")
    assert chief.result(timeout=10)
