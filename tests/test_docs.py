"""The documents name what there is; `python tests/docs_check.py` runs what they say, which takes minutes."""

import ast
import functools
import itertools
import re
import shlex
import subprocess
import sys

import docs_check
import pages
import pytest
from pages import PROJECT

from keras_seq.recipe import load_recipe
from keras_seq.study.space import load_space

PAGES = [path.relative_to(PROJECT).as_posix() for path in pages.pages()]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"[\w.-]+(/[\w.-]+)+/?|[\w-]+\.(ya?ml|tsv|csv|jsonl|txt|conll|py|md|de|en|fr)")
MODULE = re.compile(
    r"python -m ((?:keras_seq|export|serving|benchmarks)[\w.]*)(.*)|python (serving/client\.py)(.*)"
)


def prose(page):
    """A page without its fenced blocks."""
    return re.sub(
        r"^```.*?^```$", "", (PROJECT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )


def anchors(path):
    """The anchors that GitHub makes of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", prose(path.relative_to(PROJECT)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def inline(page):
    """Commands in the text itself, and in indented blocks."""
    return re.findall(r"`(python [^`]+)`", prose(page)) + re.findall(
        r"^    (python .+)$", prose(page), re.MULTILINE
    )


def commands(page):
    """All commands of a page, those that are not run too, each with where it stands."""
    return [(c.where, c.text) for block in pages.blocks(PROJECT / page) for c in block.commands]


@functools.cache
def flags(module):
    """The flags of a command; of a benchmark, as its source names them: it imports TensorFlow."""
    if module.startswith("benchmarks"):
        files = [PROJECT / f"{module.replace('.', '/')}.py", PROJECT / "benchmarks" / "beside.py"]
        nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        return {
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and str(node.value).startswith("--")
        }
    command = [sys.executable, *([module] if module.endswith(".py") else ["-m", module]), "--help"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(re.findall(r"--\w[\w-]*", done.stdout))


@pytest.mark.parametrize("page", PAGES)
def test_links_and_their_anchors_lead_somewhere(page):
    for target in LINK.findall(prose(page)):
        if not re.match(r"\w+:", target):
            name, _, anchor = target.partition("#")
            path = (PROJECT / page).parent / name if name else PROJECT / page
            assert path.exists(), f"{page}: {target}"
            assert not anchor or anchor in anchors(path.resolve()), f"{page}: {target}"


@pytest.mark.parametrize("page", PAGES)
def test_commands_have_the_flags_that_they_are_given(page):
    for where, text in [*commands(page), *((page, text) for text in inline(page))]:
        for found in MODULE.finditer(text.replace("\\\n", " ")):
            module, rest = found[1] or found[3], found[2] or found[4] or ""
            words = [re.sub(r"=.*", "", word) for word in shlex.split(rest, comments=True)]
            unknown = {word for word in words if word.startswith("--") and word != "--"} - flags(module)
            assert not unknown, f"{where}: {module} has no {sorted(unknown)}"


def made_by(text):
    """The paths that a command makes, as prefixes."""
    words = shlex.split(text.split("\n")[0], comments=True)
    for before, word in itertools.pairwise(words):
        if before in ("--run", "--to", ">", "--output"):
            yield word
        if before == "-m" and word == "export":
            yield "servables"
        if before == "mkdir" or before == "-p":
            yield word
    for recipe in re.findall(r"(\w+)\.yaml", text):
        yield f"runs/{recipe}"
    if "keras_seq.samples" in words:
        yield "my"
    if words[0] in ("cp", "mv"):
        yield words[-1]


@pytest.fixture(scope="module")
def reading():
    """Paths in commands that are neither in the checkout nor made before, when the pages are read in their
    order.
    """
    faults, made = {page: [] for page in PAGES}, set()
    for page in PAGES:
        for block in pages.blocks(PROJECT / page):
            if block.skipped:
                continue
            made |= {block.file} if block.file else set()
            for command in block.commands:
                made |= set(made_by(command.text))
                line = re.sub(r"\S*localhost\S*|https?:\S+", "", command.text.split("\n")[0])
                words = [
                    w for word in shlex.split(line, comments=True) for w in re.split(r"[=@:\[\],]", word)
                ]
                for word in words:
                    known = (PROJECT / word).exists() or any(
                        (word + "/").startswith(f"{one}/") for one in made
                    )
                    if (
                        PATH.fullmatch(word)
                        and not known
                        and not any(one.startswith(f"{word}/") for one in made)
                    ):
                        faults[page].append(f"{command.where}: {word}")
    return faults


@pytest.mark.parametrize("page", PAGES)
def test_paths_in_commands_are_there_or_were_made_before(page, reading):
    assert reading[page] == []


@pytest.mark.parametrize("page", PAGES)
def test_recipes_and_spaces_on_the_pages_are_valid(page, tmp_path):
    for block in pages.blocks(PROJECT / page):
        if block.language == "yaml":
            recipe = tmp_path / "block.yaml"
            recipe.write_text(block.text, encoding="utf-8")
            searched = [
                PROJECT / found[1]
                for _, text in commands(page)
                if (found := re.search(rf"(\S+\.yaml) --space {re.escape(block.file or '?')}", text))
            ]
            if searched:
                load_space(recipe, load_recipe(searched[0]))
                continue
            whole = "\napplication:" in f"\n{block.text}" or "init_from:" in block.text
            under = [] if whole else [PROJECT / base_of(page, block)]
            load_recipe(*under, recipe, check_files=False)  # raises with the line


def base_of(page, block):
    """The recipe that a page gives before a block's file in a command."""
    for _, text in commands(page):
        if found := re.search(rf"(\S+\.yaml) {re.escape(block.file or '?')}", text):
            return found[1]
    raise AssertionError(f"{block.where}: neither a whole recipe nor a part that a command lays over one")


def page_of(tmp_path, text):
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_page_is_read_as_its_conventions_say(tmp_path):
    text = """
<!-- not run here: needs Docker -->

```
$ docker run a
```

```yaml
# my/mine.yaml
data: {train: a.tsv}
```

<!-- file: a.tsv -->
```
fine\tgood
```
Text.
```
$ echo one \\
    two    # a remark
one two
$ cat > f <<'END'
a
END
$ sleep 100 &
```
"""
    docker, recipe, table, shell = pages.blocks(page_of(tmp_path, text))
    assert (docker.skipped, docker.where) == ("needs Docker", "page.md:4")
    assert (recipe.file, table.file, table.text) == ("my/mine.yaml", "a.tsv", "fine\tgood\n")
    echo, cat, sleep = shell.commands
    assert (echo.text, echo.shown) == ("echo one \\\n    two    # a remark", ["one two"])
    assert (cat.text, cat.shown, cat.where) == ("cat > f <<'END'\na\nEND", [], "page.md:22")
    assert (echo.stays, cat.stays, sleep.stays) == (False, False, True)


def faults_of(tmp_path, text):
    check = docs_check.Check(tmp_path)
    check.page(page_of(tmp_path, text))
    return check.faults


def test_a_page_that_says_the_truth_passes(tmp_path):
    text = """
```
$ echo "loss: 0.5 - 4s - 58ms/step"; echo more; echo "label: good"
loss: 0.71 - 3s - 1s/step
...
label: g...d
$ echo "error: no such file"; exit 2
error: no such file
$ echo "listens on localhost:1"; sleep 60 &
$ echo 7 > seven
```
```python
number = int(open("seven").read())
```
```python
assert number == 7
```
"""
    assert faults_of(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("```\n$ echo bad\ngood\n```", "page.md:2: the page shows a line that it did not print:\ngood"),
        ("```\n$ exit 3\n```", "page.md:2: ended with 3"),
        ("```\n$ echo 'error: x'\nerror: x\n```", "page.md:2: ended with 0"),
        ("```\n$ echo b; echo a\na\nb\n```", "page.md:2: the page shows a line that it did not print:\nb"),
        ("""```\n$ echo '0%{ "error": "no model" }'\n```""", "page.md:2: the server answered with an error"),
        ("```\n$ echo gone &\n```", "page.md:2: does not listen"),
        ("```python\nx = 1\n\nx.y\n```", "page.md:1: Traceback"),
        ("```\n$ false | cat\n```", "page.md:2: ended with 1"),
    ],
    ids=["output", "code", "no error", "order", "curl", "server", "python", "pipe"],
)
def test_a_page_that_does_not_is_found(text, fault, tmp_path):
    (found,) = faults_of(tmp_path, text)
    assert found.startswith(fault)


def test_the_copy_of_the_checkout_has_its_files(tmp_path):
    docs_check.copy_checkout(tmp_path / "copy")
    for name in ("README.md", "zoo/sentiment.yaml", "keras_seq/train.py", "docs/images/gates.png"):
        assert (tmp_path / "copy" / name).read_bytes() == (PROJECT / name).read_bytes()
    assert not (tmp_path / "copy" / ".git").exists()
