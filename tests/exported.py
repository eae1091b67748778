"""A servable put through the gates, and asked in a process of its own, as `python -m export` does it."""

from export import gates, questions, serving_versions
from export.fresh_process import FreshProcess


def passed_gates(folder, model, inputs, serving=None):
    """The lines of the gates; for the TensorFlow Serving that fits the installed TensorFlow, if for no other."""
    with FreshProcess() as fresh:
        return list(gates.check(folder, model, inputs, serving or serving_versions.fitting(), fresh))


def answers_of_a_fresh_process(folder, batches):
    """The answers of a servable's default signature."""
    with FreshProcess() as fresh:
        fresh.ask(folder=str(folder), batches=questions.encoded(batches), others={}, takes_files=False)
        return fresh.receive("session")["answers"]
