"""The data of a training run: features, batches, augmentation, pieces of words."""
