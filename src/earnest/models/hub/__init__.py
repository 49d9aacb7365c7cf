"""Models of `transformers`: folders as `save_pretrained` writes them."""
