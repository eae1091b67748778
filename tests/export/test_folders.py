"""What goes wrong around an export: names, folders, others at work, signals, a full disk. Nothing is left or
lost.
"""

import pytest

from export import folders
from keras_seq import RecipeError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_versions_are_folders_of_ascii_digits(tmp_path):
    for name in ("2", "10", "007", "١", "1a", "incoming-x", "9223372036854775808"):
        (tmp_path / name).mkdir()
    (tmp_path / "5").write_text("", encoding="utf-8")
    assert folders.versions(tmp_path) == {2: tmp_path / "2", 7: tmp_path / "007", 10: tmp_path / "10"}
    assert folders.versions(tmp_path / "none") == {}
    assert folders.next_version(tmp_path, None) == 11
    for taken in (7, 5):
        with pytest.raises(RecipeError, match="this version is there already"):
            folders.next_version(tmp_path, taken)
    (tmp_path / "11").write_text("a file", encoding="utf-8")
    assert folders.next_version(tmp_path, None) == 12
    (tmp_path / "9223372036854775807").mkdir()
    with pytest.raises(RecipeError, match="is the last there can be"):
        folders.next_version(tmp_path, None)


def test_what_a_dead_export_left_goes_and_what_a_living_one_writes_stays(tmp_path):
    for name in ("incoming-dead", "leaving-3"):
        (tmp_path / name / "3").mkdir(parents=True)
    with folders.incoming(tmp_path) as first:
        (first / "1").mkdir()
        assert [name.split("-")[0] for name in names(tmp_path)] == ["incoming"]
        with folders.incoming(tmp_path) as second:
            assert (first / "1").is_dir()
            assert second.resolve() != first.resolve()
        assert (first / "1").is_dir()
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["models [v1]", "a*b?", "back\\slash", "100 %", "naïve 日本語", "quote'\"$x"]
)
def test_a_version_is_written_by_a_path_that_is_no_pattern(name, tmp_path):
    with folders.incoming(tmp_path / name) as incoming:
        assert not set("*?[]\\") & set(str(incoming))
        (incoming / "1").mkdir()
        assert folders.publish(incoming / "1", tmp_path / name, None) == 1
    assert names(tmp_path / name) == ["1"]


def test_where_temporary_files_go_is_no_pattern_either(tmp_path, monkeypatch):
    monkeypatch.setattr(folders.tempfile, "gettempdir", lambda: str(tmp_path / "[x]"))
    assert folders._plain_temporary_folder() == "/tmp"


def test_two_exports_at_once_get_two_numbers(tmp_path):
    with folders.incoming(tmp_path) as first, folders.incoming(tmp_path) as second:
        for incoming in (first, second):
            (incoming / "1").mkdir()
        assert folders.publish(second / "1", tmp_path, None) == 1
        assert folders.publish(first / "1", tmp_path, None) == 2
    with folders.incoming(tmp_path) as third:
        (third / "1").mkdir()
        with pytest.raises(RecipeError, match="this version is there already"):
            folders.publish(third / "1", tmp_path, 2)
    assert names(tmp_path) == ["1", "2"]


def test_old_versions_go_whatever_lies_there_but_not_those_that_the_configuration_names(tmp_path):
    model = tmp_path / "film"
    for name in ("1", "002", "3", "4", "5", "leaving-1", "leaving-3"):
        (model / name).mkdir(parents=True)
        (model / name / "saved_model.pb").write_text("", encoding="utf-8")
    (tmp_path / folders.CONFIG_FILE).write_text(
        'model_config_list { config { name: "film" base_path: "/models/film" model_platform: "tensorflow" '
        'version_labels { key: "stable" value: 3 } model_version_policy { specific { versions: 4 } } } '
        'config { name: "other" base_path: "/elsewhere" version_labels { key: "stable" value: 1 } } }',
        encoding="utf-8",
    )
    pinned = folders.pinned_versions(tmp_path, "film")
    assert pinned == {3, 4}
    assert folders.prune(model, 1, 5, pinned) == [1, 2]
    assert names(model) == ["3", "4", "5", "leaving-1", "leaving-3"]


@pytest.mark.parametrize("name", ["", ".", "..", "a:b", "a/b", "models.config", "\udcff"])
def test_a_name_that_no_url_can_hold_is_refused(name):
    with pytest.raises(RecipeError, match="--name"):
        folders.check_name(name)


@pytest.mark.parametrize("name", ["2024", "001", "a b", "50%", "日本語", "-x", "v1.0"])
def test_other_names_are_fine(name):
    assert folders.check_name(name) == name
