// E12, matmul.
#include "families/matrix_product.h"
#include "makers.h"

namespace earnest {

OperatorPtr make_matmul(const Record& record, const Kernels& kernels) {
  return std::make_unique<MatrixProduct>(record, kernels, record.integer("left_zero_point"), false);
}

}  // namespace earnest
