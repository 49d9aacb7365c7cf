// An operator as it comes from a program: integers, lists of integers, dimensions and arrays by the names of its
// fields.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "memory/codes.h"
#include "memory/vector.h"
#include "program/dimension.h"
#include "program/refusal.h"

namespace earnest {

struct Array {
  std::shared_ptr<const void> data;  // row-major
  Type type = Type::i8;
  bool wide = false;  // int64
  Vector<int64_t> shape;

  int64_t size() const;
  int64_t operator[](int64_t index) const;
  int64_t least() const;
  int64_t most() const;

  // All numbers, row-major, in a container that the law says they fit.
  template <class T>
  Vector<T> as() const {
    Vector<T> numbers(size());
    for (int64_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<T>((*this)[i]);
    return numbers;
  }
};

struct Record {
  std::string name, kind;
  Vector<int> inputs;  // places of earlier steps; -1, -2, ... are the program's inputs
  std::map<std::string, int64_t> integers;
  std::map<std::string, Vector<int64_t>> lists;
  std::map<std::string, Vector<Dimension>> dimensions;
  std::map<std::string, Array> arrays;

  int64_t integer(const std::string& field) const { return of(integers, field); }
  int small(const std::string& field) const;
  bool flag(const std::string& field) const;
  Width width() const;        // of the result
  Width input_width() const;  // of the operand
  const Vector<int64_t>& list(const std::string& field) const { return of(lists, field); }
  const Vector<Dimension>& shape(const std::string& field) const { return of(dimensions, field); }
  const Array& array(const std::string& field) const { return of(arrays, field); }

 private:
  template <class T>
  const T& of(const std::map<std::string, T>& fields, const std::string& field) const {
    const auto found = fields.find(field);
    if (found == fields.end()) refuse(name + ": " + kind + ": expected a field " + field);
    return found->second;
  }
};

}  // namespace earnest
