"""How float models recognise speech, one file for each way: what `runtime.decoding` is for programs."""
