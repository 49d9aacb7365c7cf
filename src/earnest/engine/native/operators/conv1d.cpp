// E11, conv1d.
#include "families/convolution.h"
#include "makers.h"

namespace earnest {

OperatorPtr make_conv1d(const Record& record, const Kernels& kernels) {
  return std::make_unique<Convolution>(record, kernels, 1);
}

}  // namespace earnest
