"""Front ends: what a recording becomes before the program, one file each; `catalogue` finds them by name."""
