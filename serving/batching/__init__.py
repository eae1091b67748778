"""Requests of several clients, answered in one run of a model."""
