"""The judge of words: corpora, normalisation, word error rate, significance."""
