"""Convolutions over one axis (E11)."""

from earnest.judge.program.convolution import convolution

KIND = convolution(axes=1)
