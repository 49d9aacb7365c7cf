"""Rules: what becomes of each ATen operator."""
