"""Loaded versions and what is asked of them."""
