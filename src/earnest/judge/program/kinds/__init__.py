"""The operators of the law, one a file that is named like it; `law.py` finds them."""
