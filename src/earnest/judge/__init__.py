"""The judge of integers: census, cheats, overflow proof, bytes, verdict."""
