"""What a caption says of a scene, and whether that is true."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.samples import scene_wording as wording
from keras_seq.samples.scene_wording import Group, Scene, captions, is_true, parsed, truths

CIRCLES, SQUARE = Group(2, "small", "red", "circle"), Group(1, "large", "blue", "square")
BOTH = Scene((CIRCLES, SQUARE), "above")
groups = st.builds(
    Group,
    *(
        st.sampled_from(list(one))
        for one in (wording.NUMBERS, wording.SIZES, wording.COLOURS, wording.SHAPES)
    ),
)
pairs = st.builds(
    lambda both, relation: Scene(tuple(both), relation),
    st.lists(groups, min_size=2, max_size=2, unique_by=lambda group: group[2:]),
    st.sampled_from(list(wording.RELATIONS)),
)
scenes = st.one_of(pairs, st.builds(lambda group: Scene((group,)), groups))
generators = st.integers(0, 2**32).map(random.Random)


def changed(scene, name, data):
    """The scene with one attribute of one group, or the relation, changed."""
    if name == "relation":
        others = [one for one in wording.RELATIONS if one != scene.relation]
        return scene._replace(relation=data.draw(st.sampled_from(others)))
    place = data.draw(st.integers(0, len(scene.groups) - 1))
    group = scene.groups[place]
    known = {
        "number": wording.NUMBERS,
        "size": wording.SIZES,
        "colour": wording.COLOURS,
        "shape": wording.SHAPES,
    }
    other = data.draw(st.sampled_from([one for one in known[name] if one != getattr(group, name)]))
    replaced = [
        group._replace(**{name: other}) if number == place else one for number, one in enumerate(scene.groups)
    ]
    return Scene(tuple(replaced), scene.relation)


@tried_on(60)
@given(scenes, generators)
def test_every_caption_is_true_of_its_scene_and_all_are_different(scene, generator):
    found = captions(scene, generator)
    assert len(set(found)) == len(found) == 5
    for caption in found:
        assert parsed(caption) in (scene, scene.turned)
        assert is_true(caption, scene)
        assert is_true(caption, scene.turned)
        assert all(truths(caption, scene).values())


@tried_on(60)
@given(pairs, generators, st.sampled_from(wording.ATTRIBUTES), st.data())
def test_a_caption_is_false_of_a_scene_that_differs_in_one_attribute(scene, generator, name, data):
    other = changed(scene, name, data)
    for caption in captions(scene, generator):
        assert is_true(caption, other) == (other in (scene, scene.turned))
        wrong = [one for one, right in truths(caption, other).items() if not right]
        assert len(wrong) == 1
        if other.groups[0][2:] != other.groups[1][2:]:
            assert wrong == [name]


@tried_on(30)
@given(groups, generators, st.sampled_from(wording.ATTRIBUTES[:-1]), st.data())
def test_a_caption_of_one_group_is_false_of_another_one(group, generator, name, data):
    scene = Scene((group,))
    other = changed(scene, name, data)
    for caption in captions(scene, generator):
        assert not is_true(caption, other)
        assert truths(caption, other) == {one: one != name for one in wording.ATTRIBUTES}


@pytest.mark.parametrize(
    "caption",
    [
        "two small red circles above a large blue square",
        "Two little red circles over one big blue square.",
        "there is a large blue square under two small red circles",
        "  the picture shows a large blue square below two small red circles .",
        "under two small red circles you can see one big blue square",
        "above a large blue square there are two small red circles",
    ],
    ids=["plain", "synonyms", "there", "picture", "you", "turned"],
)
def test_other_words_say_the_same(caption):
    assert parsed(caption) in (BOTH, BOTH.turned)
    assert is_true(caption, BOTH)


@pytest.mark.parametrize(
    "caption",
    [
        "",
        "a dog runs",
        "two small red circles",
        "two small red circle above a large blue square",
        "a small red circles above a large blue square",
        "there are a large blue square below two small red circles",
        "there is two small red circles above a large blue square",
        "two small red circles above a large blue square above a large blue square",
        "two small red circles a large blue square",
        "two red small circles above a large blue square",
        "four small red circles above a large blue square",
        "two small red circles below a large blue square",
    ],
    ids=[
        *(
            "empty",
            "another language",
            "half",
            "singular",
            "plural",
            "are",
            "is",
            "twice",
            "nowhere",
            "order",
            "four",
        ),
        "below",
    ],
)
def test_what_is_not_said_or_not_in_this_language_is_false(caption):
    assert not is_true(caption, BOTH)


def test_attributes_are_judged_one_by_one_in_the_order_that_fits_best():
    caption = "three small red circles left of a large green square"
    assert truths(caption, BOTH) == {
        **{"number": False, "size": True, "colour": False, "shape": True},
        "relation": False,
    }
    turned = "a large green square right of two small red circles"
    assert [name for name, right in truths(turned, BOTH).items() if not right] == ["colour", "relation"]
    nothing = dict.fromkeys(wording.ATTRIBUTES, False)
    assert truths("two small red circles", BOTH) == truths("a dog runs", BOTH) == nothing


@given(scenes)
@tried_on(20)
def test_a_scene_comes_back_from_json(scene):
    assert Scene.of_dict(scene.as_dict()) == scene
    assert scene.turned.turned == scene
