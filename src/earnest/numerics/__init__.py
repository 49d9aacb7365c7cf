"""Where reals become integers: offline, pure functions in float64. Scales, multipliers, tables, folded biases."""
