"""A program on disk: one safetensors file of packed integers, of which nothing is trusted."""
