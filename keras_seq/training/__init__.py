"""Training by `model.fit`, its state, the scores of what was trained, and the card that tells of it."""
