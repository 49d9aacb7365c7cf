"""What is particular to one architecture: our own Conformer, and its checkpoint."""
