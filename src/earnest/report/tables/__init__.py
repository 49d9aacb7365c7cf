"""Tables of the documents, one file for each kind of row."""
