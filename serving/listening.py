"""The ports that the server listens on.

$ python -m serving.listening      # whether 8501 and 8500 are free; exits with 2 and names the one that is not
"""

from __future__ import annotations

import argparse
import errno
import socket
import sys

BACKLOG = 2048  # connections that wait to be taken


def hold(host: str, port: int, flag: str) -> socket.socket:
    """A socket that holds a port, not listening yet.

    Args:
        host: the address.
        port: 0 takes a free one.
        flag: that chose the port, for the error.

    Raises:
        OSError: with what was wanted and what to do, when it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named: asyncio only then turns Nagle's algorithm off, which delays answers by 40 ms.
    holding = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":  # where it would let two servers share a port
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holding.bind((host, port))
    except OSError as error:
        holding.close()
        raise _refused(host, port, flag, error) from None
    return holding


def listen(holding: socket.socket, flag: str) -> None:
    """Let clients come to a port that is held.

    Raises:
        OSError: when another program has been quicker.
    """
    try:
        holding.listen(BACKLOG)
    except OSError as error:
        host, port = holding.getsockname()[:2]
        raise _refused(host, port, flag, error) from None


def check(host: str, port: int, rest_api_port: int) -> None:
    """Raise OSError when one of the ports, where it is not 0, cannot be had."""
    for flag, number in (("--rest_api_port", rest_api_port), ("--port", port)):
        if number:
            with hold(host, number, flag) as holding:
                listen(holding, flag)


def _refused(host: str, port: int, flag: str, error: OSError) -> OSError:
    advice = f"choose another port with {flag}"
    if error.errno == errno.EADDRINUSE:
        advice = f"end what listens there (a server of an earlier try?), or {advice}"
    return OSError(f"{host}:{port} cannot be listened on: {error.strerror}; {advice}")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,
        prog="python -m serving.listening",
        description="Check whether the server's ports are free.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    parser.add_argument("--port", type=int, default=8500, metavar="P", help="gRPC (default: 8500; 0: none)")
    parser.add_argument(
        "--rest_api_port", type=int, default=8501, metavar="P", help="REST (default: 8501; 0: none)"
    )
    chosen = parser.parse_args(argv)
    try:
        check(chosen.host, chosen.port, chosen.rest_api_port)
    except (OSError, OverflowError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
