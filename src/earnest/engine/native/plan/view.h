// Views: the shape of a value, and where its elements lie in the storage that holds them. Layout moves no codes here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "memory/vector.h"

namespace earnest {

constexpr int kMostAxes = 12;

struct Axes {
  int count = 0;
  int64_t values[kMostAxes] = {};

  Axes() = default;
  Axes(std::initializer_list<int64_t> list);
  void push(int64_t value);
  int64_t operator[](int axis) const { return values[axis]; }
  int64_t& operator[](int axis) { return values[axis]; }
  const int64_t* begin() const { return values; }
  const int64_t* end() const { return values + count; }
  int64_t product() const;
};

// Offset and strides are in elements.
struct View {
  int storage = -1;
  int64_t offset = 0;
  Axes shape, strides;

  int rank() const { return shape.count; }
  View permuted(const Vector<int64_t>& order) const;
  View sliced(int axis, int64_t start, int64_t stop, int64_t step) const;
  View relative() const;                                  // E22
  View broadcast(const Axes& target) const;               // axes of extent 1, and missing ones, get the stride 0
  bool reshaped(const Axes& target, View& result) const;  // false if codes would have to move
  bool dense() const;                                     // row-major without gaps, from the start
  // Least and greatest element that the view reads.
  int64_t first() const;
  int64_t last() const;
};

View dense_view(int storage, const Axes& shape);
Axes broadcast_shapes(const Axes& left, const Axes& right);

}  // namespace earnest
