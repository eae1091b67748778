"""The house: imports point one way, files stay small, names say something."""

import ast
import pathlib
import re
import subprocess
import sys

import pytest
from corpora import PROJECT

# Lowest first; a file may import from lower ranks only.
RANKS = [
    ["keras_seq.environment", "keras_seq.lock", "keras_seq.progress", "keras_seq.version"],
    ["keras_seq.command_line", "keras_seq.errors"],
    ["keras_seq.applications"],  # the table of names
    ["keras_seq.sections"],
    ["keras_seq.recipe"],
    ["keras_seq.tagging"],
    ["keras_seq.formats", "keras_seq.samples"],
    ["keras_seq.splits"],
    ["keras_seq.preprocessing"],
    ["keras_seq.layers"],
    ["keras_seq.decoding"],
    ["keras_seq.answers"],
    ["keras_seq.metrics"],
    ["keras_seq.contract"],
    ["keras_seq.batches"],
    ["keras_seq.applications.*"],
    ["keras_seq.run"],
    ["keras_seq.training", "keras_seq.pictures"],
    ["keras_seq"],
    ["keras_seq.train", "keras_seq.evaluate", "keras_seq.predict", "keras_seq.inspect"],
    ["keras_seq.__main__"],
    ["serving"],
    ["export"],
]
MOST_LINES = 330
LEAVES = ("keras_seq.train", "keras_seq.evaluate", "keras_seq.predict", "keras_seq.inspect")
SOURCES = sorted(
    p for folder in ("keras_seq", "export", "serving", "benchmarks") for p in (PROJECT / folder).rglob("*.py")
)


def module_name(path: pathlib.Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def rank(module: str) -> int:
    best = (-1, -1)
    for number, names in enumerate(RANKS):
        for name in names:
            exact = name.removesuffix(".*")
            fits = module.startswith(exact + ".") or (module == exact and not name.endswith(".*"))
            if name in ("keras_seq", "keras_seq.applications"):
                fits = module == name
            if fits:
                best = max(best, (len(name), number))
    assert best[1] >= 0, f"{module} has no place in the import order; give it one in RANKS"
    return best[1]


def imported(path: pathlib.Path, modules: set[str]) -> set[str]:
    """Our own modules that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports hide what is imported"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules else node.module for name in names}
    return found & modules


MODULES = {module_name(p) for p in SOURCES}


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parts[-2] != "benchmarks"], ids=module_name)
def test_imports_point_down(path):
    own = module_name(path)
    for other in imported(path, MODULES) - {own}:
        same_package = rank(own) == rank(other) and own not in ("keras_seq", *LEAVES)
        assert same_package or rank(other) < rank(own), f"{own} imports {other}, which is not below it"


def test_the_order_would_catch_an_upward_import(tmp_path):
    path = tmp_path / "text.py"
    path.write_text("def f():\n    from keras_seq import train\n", encoding="utf-8")
    assert imported(path, MODULES) == {"keras_seq.train"}
    assert rank("keras_seq.train") > rank("keras_seq.preprocessing.words")


def test_the_server_stands_alone_and_its_client_needs_python_only():
    for path in SOURCES:
        if module_name(path).startswith("serving"):
            assert {m for m in imported(path, MODULES) if not m.startswith("serving")} == set()
    client = ast.parse((PROJECT / "serving" / "client.py").read_text(encoding="utf-8"))
    names = [
        node.names[0].name if isinstance(node, ast.Import) else node.module
        for node in client.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_applications_do_not_import_each_other():
    files = [p for p in SOURCES if module_name(p).startswith("keras_seq.applications.")]
    for path in files:
        others = {m for m in imported(path, MODULES) if m.startswith("keras_seq.applications.")}
        assert others <= {module_name(path)}


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


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_files_are_small_and_say_what_they_are(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"
    assert len(text.splitlines()) <= MOST_LINES or path.name == "client.py"  # one file, to be copied anywhere
    assert not re.fullmatch(r"(utils?|helpers?|common|misc)\.py", path.name)


def test_every_public_function_and_class_has_a_docstring():
    missing = []
    for path in SOURCES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and node.name != "main" and not ast.get_docstring(node):
                missing.append(f"{path.name}:{node.lineno} {node.name}")
    assert not missing
