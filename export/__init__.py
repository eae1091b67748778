"""From a run to a servable that TensorFlow Serving loads: `python -m export RUN`."""
