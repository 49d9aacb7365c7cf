"""What a training run hears: features, batches, augmentation, pieces of words."""
