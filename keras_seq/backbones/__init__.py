"""Networks from pictures to grids of features, with or without weights of ImageNet; what video and captions share."""
