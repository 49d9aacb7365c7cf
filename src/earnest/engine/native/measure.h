// The rate of a bare loop of products in registers: what linear layers are compared with.
#pragma once

#include <string>

namespace earnest {

// Integer operations a second, two for each multiply-accumulate, of `threads` threads together.
double measure_peak(const std::string& isa, int threads, double seconds);

}  // namespace earnest
