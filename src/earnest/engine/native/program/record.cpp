#include "program/record.h"

#include <algorithm>

namespace earnest {

int64_t Array::size() const {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  return count;
}

int64_t Array::operator[](int64_t index) const {
  const void* from = data.get();
  if (wide) return static_cast<const int64_t*>(from)[index];
  return load_code(from, type, index);
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

bool Record::flag(const std::string& field) const { return integer(field) != 0; }

Width Record::width() const { return {small("bits"), flag("signed")}; }

Width Record::input_width() const { return {small("input_bits"), flag("input_signed")}; }

}  // namespace earnest
