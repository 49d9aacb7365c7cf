"""Convolutions over one axis (E11) as ONNX."""

from earnest.export.onnx.convolution import convolution

translate = convolution
