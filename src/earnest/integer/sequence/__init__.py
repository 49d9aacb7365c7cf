"""Programs of sequences: run token by token, or frame by frame, from what is kept."""
