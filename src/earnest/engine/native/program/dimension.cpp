#include "program/dimension.h"

#include <algorithm>

#include "program/refusal.h"

namespace earnest {
namespace {

constexpr int64_t kLimit = int64_t{1} << 40;

int64_t within(int64_t value) {
  if (value > kLimit || value < -kLimit) refuse("expected a dimension, and every part of it, within 2^40");
  return value;
}

int64_t floor_divide(int64_t a, int64_t b) {
  if (b == 0) refuse("a dimension divides by zero");
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

int64_t apply(const std::string& operation, int64_t a, int64_t b) {
  if (operation == "+") return a + b;
  if (operation == "*") {
    int64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) refuse("expected a dimension, and every part of it, within 2^40");
    return product;
  }
  if (operation == "//") return floor_divide(a, b);
  if (operation == "%") return a - b * floor_divide(a, b);
  if (operation == "max") return std::max(a, b);
  if (operation == "min") return std::min(a, b);
  refuse("expected an operation of + * // % max min in a dimension, got " + operation);
}

}  // namespace

int64_t Dimension::at(const Lengths& lengths) const {
  if (kind == Kind::integer) return within(value);
  if (kind == Kind::symbol) return lengths.at(value);
  int64_t folded = terms.at(0).at(lengths);
  for (int64_t i = 1; i < terms.size(); ++i) folded = within(apply(operation, folded, terms[i].at(lengths)));
  return within(folded);
}

}  // namespace earnest
