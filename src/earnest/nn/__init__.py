"""Twins: one file per operator, mirroring `integer/`. What a twin computes is exactly what its program computes."""
