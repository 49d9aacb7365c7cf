"""Plots of the documents."""
