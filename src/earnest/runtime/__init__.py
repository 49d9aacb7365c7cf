"""The recogniser as deployed, without torch: front end, program on a backend, decoding, text."""
