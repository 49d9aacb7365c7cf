"""Calibration: observers, and the choice of a range for every edge."""
