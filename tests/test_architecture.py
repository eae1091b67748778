"""The house: imports point one way, every module has its tests, files stay small, names say something."""

import ast
import graphlib
import pathlib
import re
import subprocess
import sys

import pytest
from corpora import PROJECT

# Lowest first; a module may import from lower rooms and from its own. Names without a package are of keras_seq;
# `applications` is the table of names, `applications.*` are the files. In circles, no module of a room may
# import another either.
ROOMS = [
    "atomic catalogue endless environment gif keras_file lock npy png request_body pictures progress seen version",
    "errors command_line",
    "cluster",
    "rendezvous",
    "archives frame_strips frame_times mp3",
    "audio_files image_files pose_files video_facts video_files",
    "applications backbone_names",
    "sections",
    "yaml_tree",
    "recipe",
    "tagging",
    "formats samples",
    "splits",
    "order",
    "preprocessing",
    "layers",
    "backbones",
    "decoding",
    "answers",
    "metrics",
    "tuning",
    "contract",
    "reading",
    "usable",
    "feature_cache",
    "budgets",
    "batches",
    "deciding",
    "applications.*",
    "run_files",
    "run",
    "pretrained",
    "training",
    "study",
    "distribution",
    "keras_seq",
    "train_command",
    "train trial tune evaluate predict inspect publish __main__",
    "launch deploy",
    "serving",
    "export",
]
PACKAGES = ("keras_seq", "export", "serving")
WORD_LISTS = {"keras_seq.samples.holidays_words"}  # what is made of it is tested
MOST_LINES = 300
LONG = {"serving.client", "keras_seq.samples.holidays_templates", *WORD_LISTS}  # to be copied anywhere; lists
FILES = sorted(p for folder in (*PACKAGES, "benchmarks") for p in (PROJECT / folder).rglob("*.py"))


def module_name(path: pathlib.Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(p): p.read_text(encoding="utf-8") for p in FILES if "benchmarks" not in p.parts}


def parents(module: str) -> list[str]:
    """The packages that a module is in, the innermost first."""
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]


def imports(sources: dict[str, str]) -> dict[str, set[str]]:
    """Which of the modules each module imports, within functions and under `if TYPE_CHECKING:` too.

    A package is its `__init__`, which imports what it exports. Importing a module runs the `__init__` of each
    package around it, so that is imported as well; but for the packages that the importing module is in
    itself, which are being imported already. `applications.functions` imports by name what nothing here sees.
    """
    graph = {}
    for module, source in sources.items():
        names = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{module}: relative imports hide what is imported"
                members = {f"{node.module}.{alias.name}" for alias in node.names}
                names |= {name if name in sources else node.module for name in members}
        around = {parent for name in names for parent in parents(name)} - {module, *parents(module)}
        graph[module] = {name for name in names | around if name in sources}
    return graph


def circle(graph: dict[str, set[str]]) -> str:
    """A circle of imports as `a -> b -> a`; empty if there is none."""
    try:
        graphlib.TopologicalSorter({module: sorted(graph[module]) for module in sorted(graph)}).prepare()
    except graphlib.CycleError as error:
        return " -> ".join(reversed(error.args[1]))
    return ""


def room(module: str) -> int:
    """The place of a module's room in the order."""
    name = module.removeprefix("keras_seq.")
    wanted = [name, *(room for parent in parents(name) for room in (parent + ".*", parent))]
    places = {name: place for place, names in enumerate(ROOMS) for name in names.split()}
    found = [places[name] for name in wanted if name in places]
    assert found, f"{module} has no place in the order of imports; give it one in ROOMS"
    return found[0]


def upward(graph: dict[str, set[str]]) -> list[str]:
    """The imports that go up, as `a -> b`."""
    return sorted(f"{a} -> {b}" for a, others in graph.items() for b in others if room(b) > room(a))


def test_there_is_no_circle_of_imports():
    assert circle(imports(SOURCES)) == ""


def test_no_import_goes_up():
    assert upward(imports(SOURCES)) == []


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (  # within a package, one of them within a function
            {
                "keras_seq.layers": "from keras_seq.layers.crf import CRF",
                "keras_seq.layers.crf": "from keras_seq.layers import lstm",
                "keras_seq.layers.lstm": "def f():\n    import keras_seq.layers.crf",
            },
            "keras_seq.layers.crf -> keras_seq.layers.lstm -> keras_seq.layers.crf",
        ),
        (  # for types only
            {
                "serving.models": "",
                "serving.models.states": "if TYPE_CHECKING:\n    from serving.models.versions import Version",
                "serving.models.versions": "from serving.models.states import State",
            },
            "serving.models.states -> serving.models.versions -> serving.models.states",
        ),
        (  # by the name of its own package
            {"export": "from export.gates import check", "export.gates": "from export import WARMUP_FILE"},
            "export -> export.gates -> export",
        ),
        (  # through a package that nobody names
            {
                "serving.rest": "from serving.rest import app",
                "serving.rest.app": "import serving.server",
                "serving.rest.bodies": "",
                "serving.server": "from serving.rest.bodies import read",
            },
            "serving.rest -> serving.rest.app -> serving.server -> serving.rest",
        ),
        (  # siblings, and a package that exports them
            {
                "keras_seq.layers": "from keras_seq.layers import crf, lstm",
                "keras_seq.layers.crf": "from keras_seq.layers import lstm",
                "keras_seq.layers.lstm": "import keras",
            },
            "",
        ),
    ],
    ids=["layers", "types", "package", "unnamed", "none"],
)
def test_a_circle_is_found_and_named(sources, expected):
    turns = expected.split(" -> ")
    rotations = [turns[place:-1] + turns[: place + 1] for place in range(len(turns) - 1)]
    assert circle(imports(sources)) in {expected, *(" -> ".join(turn) for turn in rotations)}


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("keras_seq.formats.tables", "def f():\n    from keras_seq import train", ["keras_seq.train"]),
        ("keras_seq.layers.crf", "from keras_seq.answers.labels import x", ["keras_seq.answers.labels"]),
        ("keras_seq.applications", "from keras_seq.applications import ner", ["keras_seq.applications.ner"]),
        ("keras_seq.run", "import serving.client", ["serving.client"]),
        ("keras_seq.predict", "from keras_seq.run import load\nimport keras_seq", []),
    ],
)
def test_an_upward_import_is_found_and_named(module, source, expected):
    others = ["train", "answers.labels", "applications.ner", "run"]
    sources = {**dict.fromkeys(["serving.client", *(f"keras_seq.{name}" for name in others)], "")}
    assert upward(imports({**sources, module: source})) == [f"{module} -> {other}" for other in expected]


def test_a_module_without_a_room_is_named():
    with pytest.raises(AssertionError, match="helpers has no place"):
        room("keras_seq.helpers")


def test_the_server_imports_nothing_of_ours_and_its_client_needs_python_only():
    for module, others in imports(SOURCES).items():
        if module.startswith("serving"):
            assert {other for other in others if not other.startswith("serving")} == set()
    body = ast.parse(SOURCES["serving.client"]).body
    names = [
        node.names[0].name if isinstance(node, ast.Import) else node.module
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_applications_do_not_import_each_other():
    for module, others in imports(SOURCES).items():
        if module.startswith("keras_seq.applications."):
            assert not [other for other in others if other.startswith("keras_seq.applications.")]


def place_of_tests(module: str) -> pathlib.PurePosixPath:
    """Where the tests of a module stand."""
    *folders, name = module.split(".")
    return pathlib.PurePosixPath("tests", *folders, f"test_{name.strip('_')}.py")


def test_every_module_has_its_tests():
    modules = {module_name(p) for p in FILES if p.name != "__init__.py" and "benchmarks" not in p.parts}
    assert modules >= WORD_LISTS
    missing = [
        str(place_of_tests(m))
        for m in sorted(modules - WORD_LISTS)
        if not (PROJECT / place_of_tests(m)).exists()
    ]
    assert missing == []


def test_applications_are_imported_without_tensorflow():
    """So that a command can say at once what `read` finds wrong with the data."""
    code = """if True:
        import sys
        sys.argv, sys.orig_argv = ["-m"], ["python", "-m", "keras_seq.train"]  # as in a command of ours
        from keras_seq import applications
        for name in applications.APPLICATIONS:
            applications.functions(name)
        print({"tensorflow", "keras", "numpy", "sklearn"} & set(sys.modules))
    """
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_files_are_small_and_say_what_they_are(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"
    assert len(text.splitlines()) <= MOST_LINES or module_name(path) in LONG
    assert not re.fullmatch(r"(utils?|helpers?|common|misc)\.py", path.name)


def test_every_public_function_and_class_has_a_docstring():
    missing = []
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and node.name != "main" and not ast.get_docstring(node):
                missing.append(f"{path.name}:{node.lineno} {node.name}")
    assert not missing
