"""What is installed, where it runs, and how the environment is made: by stand-ins for Python; nothing is
downloaded.
"""

import importlib.util
import re
import shutil
import subprocess
import tomllib

import pytest
from corpora import PROJECT

PROJECT_FILE = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENT = re.compile(r'([\w.-]+)==[\w.]+(; python_version (<|>=) "3\.12")?(  # .+)?')

# A Python of a version that does what the script asks, and keeps what pip was asked; a broken one fails at
# everything.
STAND_IN = """#!/bin/sh
[ %(broken)s ] && exit 1
case "$*" in
setup.py) echo "%(refusal)s" >&2; [ -z "%(refusal)s" ] ;;
"-c import ensurepip, venv") exit 0 ;;
*version_info*) echo %(version)s ;;
*sys.version*) echo "%(version)s $(dirname "$0")" ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip "*) echo "$*" >>asked.txt; [ -z "$FAILING_PIP" ] ;;
*) exit 3 ;;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    """What the script needs of a checkout, and an empty folder to put Pythons into."""
    for name in (
        ".ci/environment.sh",
        "setup.py",
        "pyproject.toml",
        "requirements.txt",
        "requirements-dev.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    (tmp_path / "pythons").mkdir()
    return tmp_path


def put(checkout, name, version, refusal="", broken=False):
    path = checkout / "pythons" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(STAND_IN % {"version": version, "refusal": refusal, "broken": "1" if broken else ""})
    path.chmod(0o755)
    return path


def make(checkout, *arguments, **environment):
    tools = checkout / "tools"
    if not tools.exists():
        tools.mkdir()
        for tool in "sh dirname basename cat cksum head tail mkdir cp rm".split():
            (tools / tool).symlink_to(shutil.which(tool))
    environment = {"PATH": f"{checkout / 'pythons'}:{tools}", **environment}
    command = [str(checkout / ".ci" / "environment.sh"), ".venv", *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)


def version_of(checkout):
    command = [str(checkout / ".venv/bin/python"), "-c", "version_info"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def asked(checkout):
    """How often pip was asked."""
    path = checkout / "asked.txt"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_python_3_11_is_taken_where_it_is_there_and_else_the_newest_that_fits(checkout):
    put(checkout, "python3.12", "3.12")
    put(checkout, "python3.13", "3.13")
    put(checkout, "python3", "3.14", refusal="error: no wheel")
    assert make(checkout).returncode == 0
    assert version_of(checkout) == "3.13"
    shutil.rmtree(checkout / ".venv")
    put(checkout, "python3.11", "3.11")
    assert make(checkout).returncode == 0
    assert version_of(checkout) == "3.11"


def test_an_environment_that_is_good_is_left_alone_and_one_that_is_not_is_made_anew(checkout):
    put(checkout, "python3.11", "3.11")
    put(checkout, "python3.12", "3.12")
    assert make(checkout, "python3.12").returncode == 0
    assert make(checkout, "3.12").returncode == 0
    assert make(checkout).returncode == 0  # nobody asks for another
    assert asked(checkout) == 1
    assert make(checkout, "python3.11").returncode == 0
    assert (asked(checkout), version_of(checkout)) == (2, "3.11")
    (checkout / "requirements.txt").write_text("keras==3.15.2\n")
    found = make(checkout)
    assert "made anew" not in found.stderr
    assert (found.returncode, asked(checkout)) == (0, 3)
    shutil.copy(put(checkout, "nothing", "3.11", broken=True), checkout / ".venv" / "bin" / "python")
    found = make(checkout)
    assert "made anew" in found.stderr
    assert (asked(checkout), version_of(checkout)) == (4, "3.11")


def test_an_environment_whose_making_was_broken_off_is_made_anew(checkout):
    put(checkout, "python3.12", "3.12")
    assert make(checkout, FAILING_PIP="1").returncode != 0
    put(checkout, "python3.11", "3.11")
    found = make(checkout)
    assert found.returncode == 0
    assert "made anew" in found.stderr
    assert version_of(checkout) == "3.11"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["python3.14"], "error: no wheel"),
        (["python9"], "error: there is no python9 on this machine"),
        ([], "error: no Python 3.11, 3.12 or 3.13"),
    ],
    ids=["refused", "not there", "none fits"],
)
def test_a_python_that_does_not_fit_is_refused_before_anything_is_made(checkout, arguments, expected):
    put(checkout, "python3.14", "3.14", refusal="error: no wheel")
    put(checkout, "python3", "3.14", refusal="error: no wheel")
    found = make(checkout, *arguments)
    assert (found.returncode, found.stdout) == (2, "")
    assert expected in found.stderr
    assert not (checkout / ".venv").exists()
    assert asked(checkout) == 0


def test_a_folder_that_is_no_environment_is_not_removed(checkout):
    put(checkout, "python3.11", "3.11")
    (checkout / "mine").mkdir()
    script = checkout / ".ci" / "environment.sh"
    script.write_text(script.read_text().replace("venv=$1", "venv=mine"))
    found = make(checkout)
    assert found.returncode == 2
    assert "is no virtual environment" in found.stderr
    assert (checkout / "mine").exists()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (((3, 11), "CPython", "Linux", "x86_64"), ""),
        (((3, 13), "CPython", "Linux", "aarch64"), ""),
        (((3, 12), "CPython", "Darwin", "arm64"), ""),
        (((3, 10), "CPython", "Linux", "x86_64"), "keras 3.15 needs Python 3.11 or later, and this is 3.10"),
        (((3, 14), "CPython", "Linux", "x86_64"), "tensorflow-text has no wheel for Python 3.14 yet"),
        (((3, 12), "CPython", "Windows", "AMD64"), "tensorflow-text has no wheel for Windows"),
        (
            ((3, 12), "CPython", "Darwin", "x86_64"),
            "tensorflow and tensorflow-text have no wheels for a Mac with",
        ),
        (((3, 11), "CPython", "Linux", "aarch64"), "tensorflow-text 2.17 has no wheel for Linux on ARM"),
        (((3, 11), "PyPy", "Linux", "x86_64"), "tensorflow has wheels for CPython alone, and this is PyPy"),
        (((3, 11), "CPython", "Linux", "riscv64"), "tensorflow has no wheel for Linux on riscv64"),
    ],
)
def test_a_system_without_wheels_is_refused_in_a_sentence(where, expected):
    spec = importlib.util.spec_from_file_location("project_setup", PROJECT / "setup.py")
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    found = setup.refusal(*where)
    assert found.startswith(expected) if expected else not found


def test_every_package_is_installed():
    folders = {
        ".".join(path.parent.relative_to(PROJECT).parts)
        for top in ("keras_seq", "export", "serving")
        for path in (PROJECT / top).rglob("__init__.py")
    }
    assert set(PROJECT_FILE["tool"]["setuptools"]["packages"]) == folders


def test_the_zoo_is_installed_with_the_package():
    link = PROJECT / "keras_seq" / "zoo"
    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    assert link.resolve() == PROJECT / "zoo"
    patterns = PROJECT_FILE["tool"]["setuptools"]["package-data"]["keras_seq"]
    found = {path for pattern in patterns for path in (PROJECT / "keras_seq").glob(pattern)}
    assert found >= {link / path.name for path in (PROJECT / "zoo").glob("*.yaml")}


def test_every_requirement_is_pinned_for_both_stacks_and_says_why():
    for name in ("requirements.txt", "requirements-dev.txt"):
        stacks, reasons = {}, set()
        for line in (PROJECT / name).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                package, _, side, reason = REQUIREMENT.fullmatch(line).groups()
                stacks[package] = stacks.get(package, "") + (side or "<>=")
                reasons |= {package} if reason else set()
        reasons |= {"tensorflow", "keras"} & set(stacks)  # the heading of their block says it
        assert set(stacks.values()) <= {"<>=", "<"}
        assert [package for package, sides in stacks.items() if sides == "<"] in (["tensorflow-io"], [])
        assert reasons == set(stacks)


@pytest.mark.parametrize("name", sorted(PROJECT_FILE["project"]["scripts"]))
def test_a_command_is_there(name):
    module, function = PROJECT_FILE["project"]["scripts"][name].split(":")
    path = PROJECT.joinpath(*module.split(".")).with_suffix(".py")
    assert re.search(rf"^def {function}\(argv: list\[str\] \| None = None\) -> int:", path.read_text(), re.M)


def test_make_has_one_recipe_for_each_of_its_targets():
    """Of two make takes the last, and the first, such as the checks, is gone."""
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"ask", "check", "demo", "docs-check", "test", "zoo"} <= set(targets)
    assert len(targets) == len(set(targets))
