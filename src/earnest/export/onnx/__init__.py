"""A program as an ONNX model of standard integer operators."""
