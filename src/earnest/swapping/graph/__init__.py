"""The captured graph: a draft while it is made, and frozen when it is done."""
