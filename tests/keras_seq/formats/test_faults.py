"""Faults by kind: how many, and the first of each by name."""

from keras_seq.formats.faults import Faults


def test_faults_are_counted_by_kind_and_three_of_each_are_named():
    faults = Faults()
    for number in range(1, 6):
        faults.add("without a truth", f"a.tsv:{number}")
    faults.add("too long: 7 s", "a.tsv:9")
    assert faults.count == 6
    assert str(faults) == "5 without a truth (a.tsv:1, a.tsv:2, a.tsv:3, ...); 1 too long (a.tsv:9 (7 s))"


def test_three_of_a_kind_are_all_there_are():
    faults = Faults()
    assert str(faults) == ""
    for number in range(3):
        faults.add("without a truth", f"a:{number}")
    assert str(faults) == "3 without a truth (a:0, a:1, a:2)"
