// Which instruction set runs: the best that the processor has, or the one that is asked for.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace earnest {

// Names of the sets that this processor can run, the best first.
std::vector<std::string> available_isas();

// The kernels of a set by name, or the best for an empty name; std::invalid_argument names those that there are.
const Kernels& kernels_of(const std::string& name);

}  // namespace earnest
