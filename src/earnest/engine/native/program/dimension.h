// A dimension of the law: an integer, a symbol, or an operation folded from the left.
#pragma once

#include <cstdint>
#include <string>

#include "memory/vector.h"

namespace earnest {

// The length of each symbol, in the order in which the inputs name them.
using Lengths = Vector<int64_t>;

struct Dimension {
  enum class Kind : uint8_t { integer, symbol, operation };
  Kind kind = Kind::integer;
  int64_t value = 0;  // of a symbol its place among the lengths
  std::string operation;
  Vector<Dimension> terms;

  int64_t at(const Lengths& lengths) const;
};

}  // namespace earnest
