// E20, weighted_mean: a product whose rows are divided by the sum of their weights.
#include "families/matrix_product.h"
#include "makers.h"

namespace earnest {

OperatorPtr make_weighted_mean(const Record& record, const Kernels& kernels) {
  return std::make_unique<MatrixProduct>(record, kernels, 0, true);
}

}  // namespace earnest
