"""The operators of the law as ONNX, one a file that is named like it; `translation.py` finds them."""
