"""earnest makes a transformer speech recogniser run on integers only, and proves that it does."""
