"""One paper, one file: a pure function on tensors first, the adaptor to models last."""
