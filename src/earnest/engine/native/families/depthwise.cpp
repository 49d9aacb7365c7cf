#include "families/depthwise.h"

#include <cstdlib>

#include "memory/bytes.h"

namespace earnest {

bool DepthwiseWeights::prepare(const Record& record, const Vector<int8_t>& codes, int64_t channels, int64_t taps) {
  const Width input = record.input_width();
  if (input.bits > (input.is_signed ? 16 : 15)) return false;
  const int64_t largest = input.magnitude();
  pairs_count = static_cast<int>((taps + 1) / 2);
  pairs.assign(pairs_count * channels * 2, 0);
  init.assign(in_groups(channels), 0);
  Vector<int64_t> bounds(channels);
  for (int64_t c = 0; c < channels; ++c) {
    const int64_t bias = record.array("bias")[c];
    int64_t absolute = 0;
    for (int64_t t = 0; t < taps; ++t) {
      const int8_t code = codes[c * taps + t];
      absolute += std::abs(code);
      pairs[((t / 2) * channels + c) * 2 + t % 2] = code;
    }
    bounds[c] = absolute * largest + std::abs(bias);
    if (bounds[c] > INT32_MAX) return false;
    init[c] = static_cast<int32_t>(bias);
  }
  requantizer = Requantizer(record, 0, bounds);
  return true;
}

int64_t DepthwiseTask::workspace(int rows) const {
  return aligned(pair_rows(rows) * geometry.channels * 4) + aligned(geometry.channels * 4);
}

void DepthwiseTask::run(const Tile& tile) const {
  const int64_t count = pair_rows(tile.rows), step = geometry.dilations[1], channels = geometry.channels;
  const int size = size_of(source.type);
  int16_t* pairs = reinterpret_cast<int16_t*>(tile.workspace);
  char* padding = tile.workspace + aligned(count * channels * 4);
  for (int64_t c = 0; c < channels; ++c) store_code(padding, source.type, c, geometry.zero_point);
  const int64_t first = tile.first * geometry.strides[1] - geometry.padding[1];
  const char* from = tile.in[0].data + (source.offset + tile.batch * source.batch) * size;
  const auto row = [&](int64_t at) {
    return at < 0 || at >= source.extent[1] ? padding : from + at * source.position[1] * size;
  };
  for (int64_t i = 0; i < count; ++i)
    tile.kernels->interleave(row(first + i), row(first + i + step), source.type, static_cast<int>(channels),
                             pairs + i * channels * 2);
  const Requantize requantize = weights->requantizer.at(0);
  Depthwise depthwise{};
  depthwise.pairs = pairs;
  depthwise.weights = weights->pairs.data();
  depthwise.init = weights->init.data();
  depthwise.requantize = &requantize;
  depthwise.out = tile.out.data;
  depthwise.out_stride = tile.out.step;
  depthwise.rows = tile.rows;
  depthwise.row_step = static_cast<int>(geometry.strides[1]);
  depthwise.channels = static_cast<int>(channels);
  depthwise.pairs_count = weights->pairs_count;
  depthwise.pair_step = static_cast<int>(2 * step);
  tile.kernels->depthwise(depthwise);
}

int64_t DepthwiseTask::pair_rows(int64_t rows) const {
  return (rows - 1) * geometry.strides[1] + (weights->pairs_count - 1) * 2 * geometry.dilations[1] + 1;
}

}  // namespace earnest
