"""The operator table: what becomes of each ATen operator that `torch.export` yields."""

from earnest.swapping.rules.arithmetic import ARITHMETIC_RULES
from earnest.swapping.rules.attention import ATTENTION_RULES
from earnest.swapping.rules.converter import Rule
from earnest.swapping.rules.functions import FUNCTION_RULES
from earnest.swapping.rules.in_place import in_place
from earnest.swapping.rules.layout import LAYOUT_RULES
from earnest.swapping.rules.norms import NORM_RULES
from earnest.swapping.rules.recurrences import RECURRENT_RULES
from earnest.swapping.rules.reductions import REDUCTION_RULES
from earnest.swapping.rules.removed import REMOVED_RULES
from earnest.swapping.rules.weighted import WEIGHTED_RULES

RULES: dict[str, Rule] = {
    **ARITHMETIC_RULES,
    **REMOVED_RULES,
    **FUNCTION_RULES,
    **WEIGHTED_RULES,
    **NORM_RULES,
    **LAYOUT_RULES,
    **ATTENTION_RULES,
    **REDUCTION_RULES,
    **RECURRENT_RULES,
    **in_place(
        ARITHMETIC_RULES | FUNCTION_RULES, fresh=ARITHMETIC_RULES | FUNCTION_RULES | WEIGHTED_RULES | NORM_RULES
    ),
}
