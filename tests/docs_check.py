"""python tests/docs_check.py [PAGE...]: run the documents: every command and every piece of Python, word for
word.

In a scratch copy of the checkout, page after page, as somebody would who reads them in this order;
tests/pages.py has the conventions by which a page is written. A command must end with 0 (with something else
where the page shows an `error: `), and must print the lines that the page shows under it, in their order:
numbers and white space may differ, and ... stands for anything. What is not run is listed at the end, with
its reason. Takes some ten minutes; the ports 8500 and 8501 must be free.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from pages import PROJECT, Block, Command, blocks, pages

LONGEST = 1200  # seconds that a command may take
LISTENS = re.compile(r"(127\.0\.0\.1|localhost):\d+")  # a server says so once it does
SHELL = ["bash", "-o", "pipefail", "-c"]
SESSION = """
import json, linecache, os, sys, traceback
names = {"__name__": "__main__"}
for line in sys.stdin:
    text, where = json.loads(line)
    linecache.cache[where] = len(text), None, text.splitlines(True), where  # as it is for a file or a notebook
    try:
        exec(compile(text, where, "exec"), names)
        fault = ""
    except BaseException:
        fault = traceback.format_exc()
    sys.stdout.flush()
    os.write(int(sys.argv[1]), (json.dumps(fault) + "\\n").encode())
"""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="some pages only, as docs/ner.md")
    parser.add_argument(
        "--folder", metavar="DIR", help="the scratch copy, kept; what is there already is used again"
    )
    arguments = parser.parse_args(argv)
    chosen = [PROJECT / page for page in arguments.pages] or pages()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(
            arguments.folder or stack.enter_context(tempfile.TemporaryDirectory())
        ).resolve()
        copy_checkout(folder)
        check = Check(folder)
        for page in chosen:
            check.page(page)
    print(f"\n{check.ran} commands and pieces of Python were run; not run:")
    print("".join(f"  {block.where}: {block.skipped}\n" for block in check.skipped), end="")
    print("".join(f"\nfailed: {fault}\n" for fault in check.faults), end="")
    return 1 if check.faults else 0


def copy_checkout(folder: pathlib.Path) -> None:
    """The files of the checkout as they are: what git knows, or would take."""
    listed = ["git", "-C", str(PROJECT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in filter(
        None, subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0")
    ):
        if (PROJECT / name).is_file() or (PROJECT / name).is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).unlink(missing_ok=True)
            shutil.copy(PROJECT / name, folder / name, follow_symlinks=False)


class Check:
    """Pages run in a folder, and what came of it.

    Attributes:
        ran: how many commands and blocks of Python were run.
        skipped: the blocks that say that they are not.
        faults: what did not go as the page says.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.ran, self.skipped, self.faults = 0, list[Block](), list[str]()
        path = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])
        self.environment = {**os.environ, "PATH": path, "KERAS_SEQ_CACHE": str(folder / ".cache")}

    def page(self, path: pathlib.Path) -> None:
        """Run a page from its top to its end."""
        with Session(self) as session, Server(self) as server:
            for block in blocks(path):
                if block.skipped:
                    self.skipped.append(block)
                elif block.file:
                    (self.folder / block.file).parent.mkdir(parents=True, exist_ok=True)
                    (self.folder / block.file).write_text(block.text, encoding="utf-8")
                elif block.language == "python":
                    with self.timed(block.where, "python: " + next(iter(block.lines), "")):
                        self.note(block.where, session.run(block))
                for command in [] if block.skipped or block.file else block.commands:
                    with self.timed(command.where, command.text):
                        self.note(
                            command.where, server.start(command) if command.stays else self.run(command)
                        )

    def run(self, command: Command) -> str:
        """What is wrong with a command, or nothing."""
        try:
            done = subprocess.run(
                [*SHELL, command.text],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=LONGEST,
            )
        except subprocess.TimeoutExpired:
            return f"took longer than {LONGEST} s"
        output = done.stdout.decode("utf-8", "replace")
        # 141: the reader of a pipe, as `head`, had enough.
        if (done.returncode not in (0, 141)) != command.fails:
            return f"ended with {done.returncode}; the end of its output:\n{output[-1500:]}"
        if re.search(r'\{\s*"error"\s*:', output) and "error" not in "".join(command.shown):
            return f"the server answered with an error:\n{output[-1500:]}"  # of which curl says nothing
        missing = not_printed(command.shown, output)
        return (
            f"the page shows a line that it did not print:\n{missing}\nbut:\n{output[-1500:]}"
            if missing
            else ""
        )

    def note(self, where: str, fault: str) -> None:
        self.ran += 1
        if fault:
            print(f"      FAILED: {fault}", flush=True)
            self.faults.append(f"{where}: {fault}")

    @contextlib.contextmanager
    def timed(self, where: str, what: str) -> Iterator[None]:
        """Say what runs, and how long it took."""
        begin = time.monotonic()
        print(f"{where}: {what}", flush=True)
        yield
        print(f"      {time.monotonic() - begin:.1f} s", flush=True)


class Session:
    """A Python session in a process of its own, begun at the first block of Python."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_) -> None:
        if self.process:
            self.process.stdin.close()
            self.process.wait(60)
            self.answers.close()

    def run(self, block: Block) -> str:
        """What is wrong with a block of Python, or nothing."""
        if self.process is None:
            reading, writing = os.pipe()
            self.process = subprocess.Popen(
                [sys.executable, "-c", SESSION, str(writing)],
                cwd=self.check.folder,
                env=self.check.environment,
                stdin=subprocess.PIPE,
                pass_fds=[writing],
                text=True,
            )
            os.close(writing)
            self.answers = os.fdopen(reading, encoding="utf-8")
        self.process.stdin.write(json.dumps([block.text, block.where]) + "\n")
        self.process.stdin.flush()
        answer = self.answers.readline()
        return json.loads(answer) if answer else "the Python process has ended"


class Server:
    """The one command that runs beside the others; it and what it started are ended with the page."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.process: subprocess.Popen | None = None
        self.log = check.folder / ".server.log"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_) -> None:
        self.end()

    def start(self, command: Command) -> str:
        """What is wrong with a server, or nothing once it listens."""
        self.end()
        text = re.sub(r"&\s*$", "", command.text)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*SHELL, text],
                cwd=self.check.folder,
                env=self.check.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + LONGEST
        while not LISTENS.search(self.printed()):
            if self.process.poll() is not None or time.monotonic() > end:
                return f"does not listen; the end of its output:\n{self.printed()[-1500:]}"
            time.sleep(0.2)
        return ""

    def printed(self) -> str:
        return self.log.read_bytes().decode("utf-8", "replace")

    def end(self) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


def not_printed(shown: list[str], output: str) -> str | None:
    """The first line that a page shows and a command did not print, in this order; None when all are there."""
    printed = iter([plain(line) for line in re.split(r"[\r\n]+", output)])
    for line in shown:
        pattern = ".*".join(re.escape(part) for part in plain(line).split("..."))
        if pattern not in ("", ".*") and not any(re.fullmatch(pattern, other) for other in printed):
            return line
    return None


def plain(line: str) -> str:
    """A line with 0 for every number, with its unit of time if it has one, and single spaces."""
    line = re.sub(r"(?<![\w.])-?\d+(\.\d+)?(e[-+]?\d+)?((ms|us|s)\b)?", "0", line.strip())
    return re.sub(r"\s+", " ", line)


if __name__ == "__main__":
    sys.exit(main())
