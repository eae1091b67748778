"""Which versions of which models are there."""
