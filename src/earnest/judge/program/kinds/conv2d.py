"""Convolutions over two axes (E11)."""

from earnest.judge.program.convolution import convolution

KIND = convolution(axes=2)
