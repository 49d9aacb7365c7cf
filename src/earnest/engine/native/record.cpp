#include "record.h"

#include <algorithm>

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
    int64_t product;
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
  if (kind == Kind::symbol) return lengths.at(static_cast<size_t>(value));
  int64_t folded = terms.at(0).at(lengths);
  for (size_t i = 1; i < terms.size(); ++i) folded = within(apply(operation, folded, terms[i].at(lengths)));
  return within(folded);
}

int64_t Array::size() const {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  return count;
}

int64_t Array::operator[](int64_t index) const {
  const void* from = data.get();
  if (wide) return static_cast<const int64_t*>(from)[index];
  switch (type) {
    case Type::i8: return static_cast<const int8_t*>(from)[index];
    case Type::u8: return static_cast<const uint8_t*>(from)[index];
    case Type::i16: return static_cast<const int16_t*>(from)[index];
    case Type::u16: return static_cast<const uint16_t*>(from)[index];
    case Type::i32: return static_cast<const int32_t*>(from)[index];
    default: return static_cast<const uint32_t*>(from)[index];
  }
}

int64_t Array::least() const {
  int64_t found = (*this)[0];
  for (int64_t i = 1, count = size(); i < count; ++i) found = std::min(found, (*this)[i]);
  return found;
}

int64_t Array::most() const {
  int64_t found = (*this)[0];
  for (int64_t i = 1, count = size(); i < count; ++i) found = std::max(found, (*this)[i]);
  return found;
}

int Record::small(const std::string& field) const {
  const int64_t value = integer(field);
  if (value > INT32_MAX || value < INT32_MIN)
    refuse(name + ": " + kind + ": expected " + field + " within 32 bits, got " + std::to_string(value));
  return static_cast<int>(value);
}

}  // namespace earnest
