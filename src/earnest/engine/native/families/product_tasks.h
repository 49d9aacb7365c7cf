// Products of two activations, E12 and E20: rows of the left operand with the columns of the right one.
//
// With a = a' + p and b = b' + q, a' and b' being what the product multiplies, and z, w the zero points:
//   sum (a - z)(b - w) = sum a' b' + (p - z) sum b' + (q - w) sum a' + K (p - z)(q - w).
// Column sums come with the packed columns, row sums with the staged row; q = w wherever a word holds b - w.
#pragma once

#include "families/packed_columns.h"

namespace earnest {

// What E12 and E20 make of a row of sums.
struct Finish {
  bool mean = false;  // E20
  bool hand_on = false;
  bool adds = false;  // E13 with the third operand
  Scale scale{};
  Addition addition{};
};

// E20: the multiplier and shift of a row whose weights sum to `total`, which is not 0.
Scale mean_scale(Scale scale, int64_t total);

class ProductTask : public Task {
 public:
  ProductShape shape;
  Type type = Type::i8;  // of the left operand
  Finish finish;
  int64_t left_zero = 0, right_zero = 0, shift = 0;  // of the right operand as it is packed

  int64_t workspace(int rows) const override;
  void run(const Tile& tile) const override;

 private:
  void narrow(const Tile& tile, int& low, int& high) const;
  const char* columns(const Tile& tile) const { return tile.in[1].data + tile.batch * in[1].batch_stride; }
  void stage(const Tile& tile, char* staged) const;
  void begin(const Tile& tile, int32_t* init, int low, int high) const;
  void hand_on(const Tile& tile, Product& product, const char* rows, int low) const;
  void end(const Tile& tile, int row, int32_t* sums, int count, char* out) const;
  int64_t codes_of_row(const Tile& tile, int row) const;

  // p - z of the equation above: a = a' - staged_offset.
  int64_t left_correction() const { return -staged_offset(shape.mode, type) - left_zero; }
};

// One by one in 64 bits, for sums or codes that the products have no room for.
class WideProductTask : public Task {
 public:
  int depth = 1, columns = 1;
  Type type = Type::i8;  // of the left operand
  Matrix matrix;         // the right one
  int64_t left_zero = 0, right_zero = 0;
  Finish finish;

  void run(const Tile& tile) const override;

 private:
  int64_t code(int64_t sum, int64_t total) const;
};

}  // namespace earnest
