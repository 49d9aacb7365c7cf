"""The ledger of results: its file, and one class for each kind of row. Writers, tables, report and page read these."""
