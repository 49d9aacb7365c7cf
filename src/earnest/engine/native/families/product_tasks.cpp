#include "families/product_tasks.h"

#include <algorithm>

#include "kernels/arithmetic.h"
#include "memory/bytes.h"

namespace earnest {
namespace {

constexpr int kRowsAtOnce = 12;
constexpr int64_t kLeastMantissa = 1 << 15;  // E9

int64_t sum_of(const char* codes, Type type, int count) {
  int64_t total = 0;
  for (int k = 0; k < count; ++k) total += load_code(codes, type, k);
  return total;
}

void mean_row(const Kernels& kernels, const int32_t* sums, int count, int64_t total, const Scale& scale, char* out) {
  if (total != 0) return kernels.scale(sums, count, 0, mean_scale(scale, total), out);
  for (int c = 0; c < count; ++c) store_code(out, scale.type, c, scale.zero_point);
}

}  // namespace

Scale mean_scale(Scale scale, int64_t total) {
  int n = 63 - __builtin_clzll(static_cast<uint64_t>(total));
  if ((scale.multiplier << n) / total < kLeastMantissa) ++n;
  scale.multiplier = (scale.multiplier << n) / total;
  scale.shift += n;
  return scale;
}

int64_t ProductTask::workspace(int rows) const {
  const int64_t padded = shape.padded();
  return aligned(int64_t{rows} * shape.row_bytes()) + aligned(padded * 4) + aligned(kRowsAtOnce * padded * 4);
}

void ProductTask::run(const Tile& tile) const {
  const int stride = shape.row_bytes(), padded = shape.padded();
  char* staged = tile.workspace;
  char* behind = staged + aligned(int64_t{tile.rows} * stride);
  int32_t* init = reinterpret_cast<int32_t*>(behind);
  int32_t* sums = reinterpret_cast<int32_t*>(behind + aligned(int64_t{padded} * 4));
  int low = 0, high = shape.columns;
  narrow(tile, low, high);
  const bool in_place = shape.mode == Mode::words && type == Type::i16 && tile.in[0].slack;
  if (!in_place) stage(tile, staged);
  begin(tile, init, low, high);
  Product product{};
  const char* rows = in_place ? tile.in[0].data : staged;
  product.a_stride = in_place ? tile.in[0].step : stride;
  product.b_stride = shape.group_bytes();
  product.b = columns(tile) + static_cast<ptrdiff_t>(low / kGroup) * shape.group_bytes();
  product.init = init + low;
  product.columns = high - low;
  product.depth = shape.kernel_depth();
  if (finish.hand_on && shift == right_zero) return hand_on(tile, product, rows, low);
  const auto multiply = shape.mode == Mode::bytes ? tile.kernels->product8 : tile.kernels->product16;
  product.out = sums;
  product.out_stride = static_cast<ptrdiff_t>(padded) * 4;
  for (int row = 0; row < tile.rows; row += kRowsAtOnce) {
    product.a = rows + row * product.a_stride;
    product.rows = std::min(kRowsAtOnce, tile.rows - row);
    multiply(product);
    for (int r = 0; r < product.rows; ++r)
      end(tile, row + r, sums + static_cast<ptrdiff_t>(r) * padded, high - low,
          tile.out.data + (row + r) * tile.out.step + static_cast<ptrdiff_t>(low) * size_of(finish.scale.type));
  }
}

// The sums as they are, or what E13 makes of them and of the third operand: all rows at once, in the registers.
void ProductTask::hand_on(const Tile& tile, Product& product, const char* rows, int low) const {
  const Type to = finish.adds ? finish.addition.type : Type::i32;
  Addition addition = finish.addition;
  if (finish.adds) {
    addition.codes = reinterpret_cast<const int32_t*>(tile.in[2].data) + low;
    addition.stride = tile.in[2].step;
    product.addition = &addition;
  }
  product.a = rows;
  product.rows = tile.rows;
  product.out = tile.out.data + static_cast<ptrdiff_t>(low) * size_of(to);
  product.out_stride = tile.out.step;
  (shape.mode == Mode::bytes ? tile.kernels->product8 : tile.kernels->product16)(product);
}

// The columns that the readers of these rows look at, from the beginning of a group.
void ProductTask::narrow(const Tile& tile, int& low, int& high) const {
  if (windows.empty()) return;
  int64_t first = shape.columns, last = 0;
  for (const Window& window : windows)
    for (const int64_t row : {tile.first, tile.first + tile.rows - 1}) {
      first = std::min(first, window.offset + row * window.skew);
      last = std::max(last, window.offset + row * window.skew + window.columns);
    }
  low = static_cast<int>(std::max<int64_t>(0, first)) / kGroup * kGroup;
  high = static_cast<int>(std::min<int64_t>(shape.columns, last));
}

void ProductTask::stage(const Tile& tile, char* staged) const {
  for (int row = 0; row < tile.rows; ++row) {
    const char* from = tile.in[0].data + row * tile.in[0].step;
    char* to = staged + static_cast<ptrdiff_t>(row) * shape.row_bytes();
    if (shape.mode == Mode::bytes) tile.kernels->stage8(from, type, shape.depth, reinterpret_cast<uint8_t*>(to));
    else tile.kernels->stage16(from, type, shape.depth, reinterpret_cast<int16_t*>(to));
    const int used = shape.depth * shape.code_bytes();
    clear_bytes(to + used, shape.row_bytes() - used);
  }
}

void ProductTask::begin(const Tile& tile, int32_t* init, int low, int high) const {
  const uint32_t factor = static_cast<uint32_t>(left_correction());
  for (int group = low / kGroup; group * kGroup < high; ++group) {
    const int32_t* totals = shape.sums(columns(tile) + static_cast<ptrdiff_t>(group) * shape.group_bytes());
    for (int c = 0; c < kGroup; ++c)
      init[group * kGroup + c] = factor == 0 ? 0 : static_cast<int32_t>(factor * static_cast<uint32_t>(totals[c]));
  }
}

int64_t ProductTask::codes_of_row(const Tile& tile, int row) const {
  return sum_of(tile.in[0].data + row * tile.in[0].step, type, shape.depth);
}

void ProductTask::end(const Tile& tile, int row, int32_t* sums, int count, char* out) const {
  int64_t offset = 0;
  if (shift != right_zero)  // (q - w)(sum a' + K (p - z)) = (q - w)(sum a - K z)
    offset = (shift - right_zero) * (codes_of_row(tile, row) - shape.depth * left_zero);
  const int32_t more = modulo_32(offset);
  if (finish.mean) {
    for (int c = 0; c < count; ++c) sums[c] = wrapped_sum(sums[c], more);
    mean_row(*tile.kernels, sums, count, codes_of_row(tile, row), finish.scale, out);
  } else if (finish.hand_on) {
    int32_t* to = reinterpret_cast<int32_t*>(out);
    for (int c = 0; c < count; ++c) to[c] = wrapped_sum(sums[c], more);
  } else {
    tile.kernels->scale(sums, count, more, finish.scale, out);
  }
}

void WideProductTask::run(const Tile& tile) const {
  const char* b = matrix.begin(tile.in[1].data, tile.batch);
  for (int row = 0; row < tile.rows; ++row) {
    const char* a = tile.in[0].data + row * tile.in[0].step;
    char* out = tile.out.data + row * tile.out.step;
    const int64_t total = sum_of(a, type, depth);
    for (int c = 0; c < columns; ++c) {
      int64_t sum = 0;
      for (int k = 0; k < depth; ++k) {
        const int64_t place = k * matrix.depth_stride + c * matrix.column_stride;
        sum += (load_code(a, type, k) - left_zero) * (load_code(b, matrix.type, place) - right_zero);
      }
      store_code(out, finish.scale.type, c, code(sum, total));
    }
  }
}

int64_t WideProductTask::code(int64_t sum, int64_t total) const {
  if (finish.mean && total == 0) return finish.scale.zero_point;
  const Scale s = finish.mean ? mean_scale(finish.scale, total) : finish.scale;
  return clamp(shift_round(sum * s.multiplier, s.shift) + s.zero_point, s.low, s.high);
}

}  // namespace earnest
