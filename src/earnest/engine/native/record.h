// An operator as it comes from a program: integers, lists of integers, dimensions and arrays by the names of its fields.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "codes.h"

namespace earnest {

// What cannot be run: the caller names what was expected and what came.
[[noreturn]] inline void refuse(const std::string& message) { throw std::invalid_argument(message); }

// The length of each symbol, in the order in which the inputs name them.
using Lengths = std::vector<int64_t>;

// A dimension of the law: an integer, a symbol, or an operation folded from the left.
struct Dimension {
  enum class Kind { integer, symbol, operation };
  Kind kind = Kind::integer;
  int64_t value = 0;  // of a symbol its place among the lengths
  std::string operation;
  std::vector<Dimension> terms;

  int64_t at(const Lengths& lengths) const;
};

struct Array {
  std::shared_ptr<const void> data;  // row-major
  Type type = Type::i8;
  bool wide = false;  // int64
  std::vector<int64_t> shape;

  int64_t size() const;
  int64_t operator[](int64_t index) const;
  int64_t least() const;
  int64_t most() const;
};

struct Record {
  std::string name, kind;
  std::vector<int> inputs;  // places of earlier steps; -1, -2, ... are the program's inputs
  std::map<std::string, int64_t> integers;
  std::map<std::string, std::vector<int64_t>> lists;
  std::map<std::string, std::vector<Dimension>> dimensions;
  std::map<std::string, Array> arrays;

  int64_t integer(const std::string& field) const { return of(integers, field); }
  int small(const std::string& field) const;
  const std::vector<int64_t>& list(const std::string& field) const { return of(lists, field); }
  const std::vector<Dimension>& shape(const std::string& field) const { return of(dimensions, field); }
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
