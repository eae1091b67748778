"""The longest silence of a command: python benchmarks/silence.py [--terminal] -- COMMAND...

Runs a command and watches its output, stdout and stderr together, as somebody would who reads along. Prints
the longest times without a sign, and what had been said last before each.

    python benchmarks/silence.py -- python -m keras_seq.train ner --set training.epochs=2 --fresh --run
    /tmp/ner
"""

from __future__ import annotations

import argparse
import os
import pty
import subprocess
import sys
import time

SHOWN = 5  # silences, the longest first


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--terminal", action="store_true", help="let the command believe that it writes to a terminal"
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND")
    arguments = parser.parse_args()
    reader, writer = pty.openpty() if arguments.terminal else os.pipe()
    started = last = time.monotonic()
    process = subprocess.Popen(arguments.command, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer)
    os.close(writer)
    said, silences = "(the start)", []
    while True:
        try:
            data = os.read(reader, 65536)
        except OSError:  # a terminal ends so
            data = b""
        now = time.monotonic()
        silences.append((now - last, said))
        if not data:
            break
        last, said = now, (said + data.decode("utf-8", "replace"))[-300:]
    code = process.wait()
    print(f"{' '.join(arguments.command)}: exit code {code}, {time.monotonic() - started:.1f} s in all")
    for seconds, before in sorted(silences, reverse=True)[:SHOWN]:
        print(f"{seconds:5.1f} s after {before.strip().splitlines()[-1][-90:]!r}")
    return code


if __name__ == "__main__":
    sys.exit(main())
