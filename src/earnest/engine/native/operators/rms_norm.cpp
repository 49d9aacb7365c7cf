// E28, rms_norm.
#include "families/row_norm.h"
#include "makers.h"

namespace earnest {

OperatorPtr make_rms_norm(const Record& record, const Kernels& /*kernels*/) {
  return std::make_unique<RowNorm>(record, false, record.small("input_zero_point"));
}

}  // namespace earnest
