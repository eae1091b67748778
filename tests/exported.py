"""A servable put through the gates, and asked in a process of its own, as `python -m export` does it."""

import pathlib
import pickle

from export import asking, gates, questions, serving_versions
from export.fresh_process import FreshProcess


class ThisProcess:
    """Stands for the fresh process where the question is what the gates make of its answers: the servable is asked
    in the same ways, and the answers have crossed too, but TensorFlow is not imported anew.
    """

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, folder, batches, others, takes_files):
        given = pathlib.Path(folder), questions.decoded(batches), questions.decoded(others)
        self.parts = {
            "session": lambda: asking.of_session(*given, lambda answer: answer),
            "served": lambda: asking.of_server(*given, takes_files, lambda answer: answer),
        }

    def receive(self, name, step=None):
        return pickle.loads(pickle.dumps(self.parts[name]()))


def passed_gates(folder, model, inputs, serving=None, process=FreshProcess):
    """The lines of the gates; for the TensorFlow Serving that fits the installed TensorFlow, if for no other."""
    with process() as fresh:
        return list(gates.check(folder, model, inputs, serving or serving_versions.fitting(), fresh))


def answers_of_a_fresh_process(folder, batches):
    """The answers of a servable's default signature."""
    with FreshProcess() as fresh:
        fresh.ask(folder=str(folder), batches=questions.encoded(batches), others={}, takes_files=False)
        return fresh.receive("session")["answers"]
