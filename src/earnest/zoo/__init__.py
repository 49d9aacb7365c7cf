"""Families of recognisers with random weights: a record for each, and the measure of how far one goes."""
