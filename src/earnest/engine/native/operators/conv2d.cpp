// E11, conv2d.
#include "families/convolution.h"
#include "makers.h"

namespace earnest {

OperatorPtr make_conv2d(const Record& record, const Kernels& kernels) {
  return std::make_unique<Convolution>(record, kernels, 2);
}

}  // namespace earnest
