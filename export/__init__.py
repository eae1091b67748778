"""From a run to a servable that TensorFlow Serving loads: `python -m export RUN`."""

import pathlib

WARMUP_FILE = pathlib.Path("assets.extra", "tf_serving_warmup_requests")
FACTS_FILE = pathlib.Path("assets.extra", "signatures.json")  # what no server tells of a signature
ANSWER_SECONDS = 600  # for one answer of a servable that is being checked, on a machine that may be busy
