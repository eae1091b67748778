"""The documents as a reader follows them: their blocks of code, the commands in these, and the files that
they give.

The conventions, which a reader does not stumble over:

    $ command               in a fenced block: run by bash, in the checkout's folder. A line that ends in \\ goes on in
                            the next one; of a here-document (<<END) the lines up to END belong to the
                            command. What follows, up to the next `$ `, is the output that it shows
    $ command &             runs beside the commands after it, to the end of the page or to the next of its kind; the
                            comment `# in another terminal` says the same
    ```python               run in one Python session a page, in the page's order, between the page's commands
    # mine.yaml             a YAML block's first line, when it names a file: the block is saved under that name
    <!-- file: my/a.tsv --> above any other block: it is saved under that name, which the text should say too
    <!-- not run here: WHY --> above a block: it is only read
    indented blocks         commands for the record, with DIR and the like in them, are only read
"""

from __future__ import annotations

import dataclasses
import pathlib
import re

PROJECT = pathlib.Path(__file__).resolve().parent.parent
_FENCE = re.compile(r"```(\w*)\s*$")
_COMMENT = re.compile(r"<!-- (not run here|file): (.+?) -->\s*$")


@dataclasses.dataclass
class Command:
    """A command of a block, and the lines of output that the page shows under it."""

    where: str
    text: str
    shown: list[str]

    @property
    def stays(self) -> bool:
        """Whether it runs beside what follows."""
        return self.text.rstrip().endswith("&") or "# in another terminal" in self.text

    @property
    def fails(self) -> bool:
        """Whether the page shows that it ends in an error."""
        return any(re.match(r"(error|\w+Error): ", line) for line in self.shown)


@dataclasses.dataclass
class Block:
    """A fenced block: its place, language and lines; `file` to save it as, and why it is not run, where it
    says so.
    """

    page: str
    line: int
    language: str
    lines: list[str]
    file: str | None = None
    skipped: str | None = None

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def commands(self) -> list[Command]:
        """The lines that begin with `$ `, with what belongs to them."""
        found: list[Command] = []
        rest = list(enumerate(self.lines, self.line + 1))
        while rest:
            number, line = rest.pop(0)
            if not line.startswith("$ "):
                if found:
                    found[-1].shown.append(line)
                continue
            text = line[2:]
            while text.endswith("\\") and rest:
                text += "\n" + rest.pop(0)[1]
            if end := re.search(r"<<-?\s*['\"]?(\w+)", text):
                while rest and text.splitlines()[-1] != end[1]:
                    text += "\n" + rest.pop(0)[1]
            found.append(Command(f"{self.page}:{number}", text, []))
        return found


def pages() -> list[pathlib.Path]:
    """All pages, in the order in which they are read."""
    docs = sorted((PROJECT / "docs").glob("*.md"))
    return [PROJECT / "README.md", *docs, PROJECT / "zoo" / "README.md"]


def blocks(path: pathlib.Path) -> list[Block]:
    """The fenced blocks of a page, in its order."""
    page = path.relative_to(PROJECT).as_posix() if path.is_relative_to(PROJECT) else path.name
    found: list[Block] = []
    notes: dict[str, str] = {}
    inside: Block | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if inside is not None:
            if line.strip() == "```":
                found.append(inside)
                inside = None
            else:
                inside.lines.append(line)
        elif fence := _FENCE.match(line):
            inside = Block(page, number, fence[1], [], notes.get("file"), notes.get("not run here"))
            notes = {}
        elif comment := _COMMENT.match(line):
            notes[comment[1]] = comment[2]
        elif line.strip():
            notes = {}
    assert inside is None, f"{page}:{inside and inside.line}: this block has no end"
    for block in found:
        named = re.match(r"# ([\w./-]+\.ya?ml)\s*$", block.lines[0]) if block.lines else None
        if block.language == "yaml" and named:
            block.file = named[1]
    return found
