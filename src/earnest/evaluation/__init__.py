"""Evaluation: word errors of programs and float models on corpora, and their records."""
