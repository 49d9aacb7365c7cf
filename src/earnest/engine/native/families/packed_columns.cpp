#include "families/packed_columns.h"

#include <algorithm>

#include "memory/bytes.h"

namespace earnest {

int64_t packed_shift(Mode mode, Type type, int64_t zero_point) {
  if (mode == Mode::bytes) return type == Type::u8 ? 128 : 0;
  return size_of(type) == 1 ? zero_point : type == Type::u16 ? 32768 : 0;
}

void PackTask::run(const Tile& tile) const {
  const char* from = matrix.begin(tile.in[0].data, tile.batch);
  const bool words = shape.mode == Mode::words;
  for (int group = 0; group < tile.rows; ++group) {
    const int column = (static_cast<int>(tile.first) + group) * kGroup;
    char* to = tile.out.data + group * tile.out.step;
    const int count = std::min(kGroup, shape.columns - column);
    const char* first = from + column * matrix.column_stride * size_of(matrix.type);
    if (!words && matrix.depth_stride == 1 && shift == 0) dwords(first, count, to);
    else if (words && matrix.column_stride == 1) pairs(tile, first, count, reinterpret_cast<int16_t*>(to));
    else if (words) each<int16_t, 2>(first, count, reinterpret_cast<int16_t*>(to));
    else each<int8_t, 4>(first, count, reinterpret_cast<int8_t*>(to));
    if (!sums) continue;
    int32_t* totals = const_cast<int32_t*>(shape.sums(to));
    if (words) total<int16_t, 2>(reinterpret_cast<const int16_t*>(to), totals);
    else total<int8_t, 4>(reinterpret_cast<const int8_t*>(to), totals);
  }
}

// Four codes of one column lie together already.
void PackTask::dwords(const char* from, int count, char* to) const {
  const int whole = shape.depth / 4, left = shape.depth % 4;
  const char* columns[kGroup];
  for (int c = 0; c < kGroup; ++c) columns[c] = from + (c < count ? c : 0) * matrix.column_stride;
  for (int k = 0; k < whole; ++k, to += kGroupBytes)
    for (int c = 0; c < kGroup; ++c) copy_bytes(to + c * 4, columns[c] + k * 4, 4);
  if (left == 0) return;
  clear_bytes(to, kGroupBytes);
  for (int c = 0; c < kGroup; ++c) copy_bytes(to + c * 4, columns[c] + whole * 4, left);
}

// Rows of columns side by side, two at a time. Columns beyond the last may hold anything: nobody keeps their sums.
void PackTask::pairs(const Tile& tile, const char* from, int count, int16_t* to) const {
  const ptrdiff_t step = matrix.depth_stride * size_of(matrix.type);
  alignas(8) const char none[kGroup * 2] = {};
  for (int k = 0; k < 2 * shape.blocks(); ++k, to += 2 * kGroup) {
    const char* first = 2 * k < shape.depth ? from + 2 * k * step : none;
    const char* second = 2 * k + 1 < shape.depth ? from + (2 * k + 1) * step : none;
    tile.kernels->interleave(first, second, matrix.type, count, to);
    if (shift == 0) continue;
    for (int i = 0; i < 2 * count; ++i)
      if (2 * k + i % 2 < shape.depth) to[i] = static_cast<int16_t>(to[i] - shift);
  }
}

template <class T, int Codes>
void PackTask::each(const char* from, int count, T* to) const {
  for (int k = 0; k < shape.blocks() * 4 / Codes; ++k)
    for (int c = 0; c < kGroup; ++c)
      for (int i = 0; i < Codes; ++i) {
        const int at = k * Codes + i;
        const int64_t place = at * matrix.depth_stride + c * matrix.column_stride;
        const bool there = at < shape.depth && c < count;
        const int64_t code = there ? load_code(from, matrix.type, place) - shift : 0;
        to[(k * kGroup + c) * Codes + i] = static_cast<T>(code);
      }
}

template <class T, int Codes>
void PackTask::total(const T* from, int32_t* totals) const {
  uint32_t found[kGroup] = {};
  for (int k = 0; k < shape.blocks() * 4 / Codes; ++k)
    for (int c = 0; c < kGroup; ++c)
      for (int i = 0; i < Codes; ++i) found[c] += static_cast<uint32_t>(int32_t{from[(k * kGroup + c) * Codes + i]});
  copy_bytes(totals, found, sizeof found);
}

}  // namespace earnest
