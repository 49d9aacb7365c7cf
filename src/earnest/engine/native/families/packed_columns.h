// The right operand of a product of two activations: packed once per batch, as columns in groups.
#pragma once

#include "plan/plan.h"
#include "weights/weights.h"

namespace earnest {

struct ProductShape {
  Mode mode = Mode::bytes;
  int depth = 1, columns = 1;

  int blocks() const { return (depth + 3) / 4; }
  int code_bytes() const { return mode == Mode::bytes ? 1 : 2; }
  int row_bytes() const { return blocks() * 4 * code_bytes(); }
  int group_bytes() const { return blocks() * kGroupBytes * code_bytes() + kGroup * 4; }  // sums of columns at the end
  int groups() const { return (columns + kGroup - 1) / kGroup; }
  int padded() const { return groups() * kGroup; }
  int kernel_depth() const { return mode == Mode::bytes ? blocks() : 2 * blocks(); }

  const int32_t* sums(const char* group) const {
    return reinterpret_cast<const int32_t*>(group + group_bytes() - kGroup * 4);
  }
};

// Where the codes of a matrix lie, batch by batch, in elements.
struct Matrix {
  Type type = Type::i8;
  int64_t offset = 0, batch_stride = 0, depth_stride = 0, column_stride = 0;

  const char* begin(const char* storage, int64_t batch) const {
    return storage + (offset + batch * batch_stride) * size_of(type);
  }
};

// What a word or byte of the packed operand holds is code - shift.
int64_t packed_shift(Mode mode, Type type, int64_t zero_point);

class PackTask : public Task {
 public:
  ProductShape shape;
  Matrix matrix;
  int64_t shift = 0;
  bool sums = false;

  void run(const Tile& tile) const override;

 private:
  void dwords(const char* from, int count, char* to) const;
  void pairs(const Tile& tile, const char* from, int count, int16_t* to) const;
  template <class T, int Codes>
  void each(const char* from, int count, T* to) const;
  template <class T, int Codes>
  void total(const T* from, int32_t* totals) const;
};

}  // namespace earnest
