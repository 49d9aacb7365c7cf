"""The report on a ledger: what was measured, fronts, sensitivities, the best of each target, and what got worse."""
