"""The ledger as a person reads it: tables and plots of the documents, and the report as a page."""
