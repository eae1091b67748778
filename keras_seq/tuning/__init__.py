"""What held-out examples decide about a trained model."""
