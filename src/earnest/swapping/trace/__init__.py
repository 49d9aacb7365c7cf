"""What torch.export gives: the flat graph, its sizes, and values that depend on no data."""
