// From a record to its operator. `operators/<kind>.cpp` defines `make_<kind>`, and the build lists the files: a new
// kind is a new file, and nothing else names it.
#pragma once

#include <memory>

#include "plan/operator.h"

namespace earnest {

using OperatorPtr = std::unique_ptr<Operator>;

OperatorPtr make_operator(const Record& record, const Kernels& kernels);

#define EARNEST_KIND(kind) OperatorPtr make_##kind(const Record& record, const Kernels& kernels);
#include "kinds.inl"
#undef EARNEST_KIND

}  // namespace earnest
