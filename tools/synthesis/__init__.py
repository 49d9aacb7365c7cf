"""A corpus of synthetic speech: sentences of novels, read by espeak-ng, in rooms and noise of our own making."""
