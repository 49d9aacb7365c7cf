#include "families/windows.h"

#include <algorithm>

namespace earnest {

int64_t WindowTask::workspace(int rows) const {
  int64_t most = 0;  // groups may form their sums in different ways
  for (const Weights& set : *weights) most = std::max(most, aligned(int64_t{rows} * set.row_bytes()) + set.workspace());
  return most;
}

void WindowTask::run(const Tile& tile) const {
  const int64_t depth = geometry.channels / geometry.groups;
  ptrdiff_t column = 0;
  for (int64_t group = 0; group < geometry.groups; ++group) {
    const Weights& set = (*weights)[group];
    const int64_t stride = set.row_bytes();
    char* rest = tile.workspace + aligned(tile.rows * stride);
    for (int row = 0; row < tile.rows; ++row)
      stage(tile, set, tile.first + row, group * depth, depth, tile.workspace + row * stride);
    set.multiply(*tile.kernels, tile.workspace, tile.rows, tile.out.data + column * size_of(set.output()),
                 tile.out.step, rest);
    column += set.columns();
  }
}

void WindowTask::stage(const Tile& tile, const Weights& set, int64_t position, int64_t channel, int64_t depth,
                       char* to) const {
  const int64_t at[kSpatial] = {position / width * geometry.strides[0] - geometry.padding[0],
                                position % width * geometry.strides[1] - geometry.padding[1]};
  const int size = size_of(source.type), code = set.code_bytes();
  const bool together = depth == geometry.channels && geometry.dilations[1] == 1 && source.position[1] == depth;
  const char* from = tile.in[0].data + (source.offset + tile.batch * source.batch + channel) * size;
  char* staged = to;
  if (depth == 1 && set.mode() == Mode::bytes) return gather(at, set, from, reinterpret_cast<uint8_t*>(to));
  for (int64_t i = 0; i < geometry.taps[0]; ++i) {
    const int64_t y = at[0] + i * geometry.dilations[0];
    const bool inside = y >= 0 && y < source.extent[0];
    const char* line = from + (inside ? y * source.position[0] * size : 0);
    if (inside && together && at[1] >= 0 && at[1] + geometry.taps[1] <= source.extent[1]) {
      const int64_t count = geometry.taps[1] * depth;
      set.stage(*tile.kernels, line + at[1] * source.position[1] * size, source.type, static_cast<int>(count), staged);
      staged += count * code;
      continue;
    }
    for (int64_t j = 0; j < geometry.taps[1]; ++j, staged += depth * code) {
      const int64_t x = at[1] + j * geometry.dilations[1];
      if (!inside || x < 0 || x >= source.extent[1]) outside(tile, set, depth, staged);
      else set.stage(*tile.kernels, line + x * source.position[1] * size, source.type, static_cast<int>(depth), staged);
    }
  }
  set.end(to);
}

// One channel, byte by byte.
void WindowTask::gather(const int64_t* at, const Weights& set, const char* from, uint8_t* to) const {
  const uint8_t flip = source.type == Type::i8 ? 0x80 : 0, zero = static_cast<uint8_t>(geometry.zero_point) ^ flip;
  uint8_t* const begin = to;
  for (int64_t i = 0, y = at[0]; i < geometry.taps[0]; ++i, y += geometry.dilations[0]) {
    const bool inside = y >= 0 && y < source.extent[0];
    const char* line = from + (inside ? y * source.position[0] : 0);
    for (int64_t j = 0, x = at[1]; j < geometry.taps[1]; ++j, x += geometry.dilations[1])
      *to++ =
          inside && x >= 0 && x < source.extent[1] ? static_cast<uint8_t>(line[x * source.position[1]]) ^ flip : zero;
  }
  std::fill(to, begin + set.row_bytes(), uint8_t{0});
}

void WindowTask::outside(const Tile& tile, const Weights& set, int64_t depth, char* staged) const {
  int32_t zero = 0;
  store_code(&zero, source.type, 0, geometry.zero_point);
  for (int64_t c = 0; c < depth; ++c) set.stage(*tile.kernels, &zero, source.type, 1, staged + c * set.code_bytes());
}

}  // namespace earnest
