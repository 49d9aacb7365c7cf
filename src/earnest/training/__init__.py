"""The loops: float training and quantization-aware training."""
