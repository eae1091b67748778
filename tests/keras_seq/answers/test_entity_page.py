"""Entities in colour."""

from keras_seq.answers import entity_page
from keras_seq.formats import Example
from keras_seq.tagging import TaggedToken, encode


def test_what_is_wrong_is_underlined_on_its_side_and_markup_is_text():
    truth = encode([TaggedToken(0, 4, "B-p"), TaggedToken(5, 8, "B-q")])
    answer = {"tags": ["B-p", "O"], "starts": [0, 5], "ends": [4, 8], "scores": [1.0, 1.0]}
    row = entity_page.compared(Example("<Al> Bob", truth, ""), answer)
    assert entity_page.listed(row.text, row.true) == "<Al> (p); Bob (q)"
    assert entity_page.listed(row.text, []) == "none"
    _, line = entity_page.page([row]).splitlines()
    true, answered = line.split("<br>")
    assert "&lt;Al&gt;" in true
    assert "<Al>" not in line
    assert true.count('class="wrong"') == 1
    assert 'class="wrong"' not in answered
