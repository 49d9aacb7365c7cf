"""Archives of NVIDIA NeMo."""
