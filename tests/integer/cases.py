"""CASES: for every operator of the law codes at the edges first, then random ones by fixed seeds.

Both ends of every range, powers of two and their neighbours, one-sided rows, exact ties, both ends of mantissas,
shifts and zero points. Every operator that uses a width which no shipped target has is left out.
"""

from tests.integer import cases_norms, cases_products, cases_recurrent, cases_rows, cases_weighted
from tests.integer.case import Case

CASES: dict[str, list[Case]] = {
    "linear": cases_weighted.linear(),
    "conv1d": cases_weighted.conv1d(),
    "conv2d": cases_weighted.conv2d(),
    "embedding": cases_weighted.embedding(),
    "lstm": cases_recurrent.lstm(),
    "gru": cases_recurrent.gru(),
    "matmul": cases_products.matmul(),
    "add": cases_products.add(),
    "mul": cases_products.mul(),
    "table": cases_rows.table(),
    "interpolated_table": cases_rows.interpolated_table(),
    "glu": cases_products.glu(),
    "softmax": cases_rows.softmax(),
    "exponential": cases_rows.exponential(),
    "weighted_mean": cases_products.weighted_mean(),
    "layer_norm": cases_rows.layer_norm(),
    "rms_norm": cases_norms.rms_norm(),
    "bias_norm": cases_norms.bias_norm(),
    "group_norm": cases_norms.group_norm(),
    "relative_shift": cases_rows.relative_shift(),
    **cases_rows.layout(),
}
