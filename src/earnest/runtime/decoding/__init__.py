"""Decoding: how the logits of a program become tokens, one file for each way; `catalogue` finds them by name."""
