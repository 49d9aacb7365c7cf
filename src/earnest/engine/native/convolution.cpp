// E11 over codes that lie channels last: rows are positions. The windows of a tile are staged in scratch memory, and never
// of more than a tile; a depthwise convolution reads pairs of rows and multiplies channel by channel.
#include <algorithm>
#include <cstring>

#include "linear.h"

namespace earnest {
namespace {

constexpr int kSpatial = 2;

// Over two axes; one of extent 1 comes first where there is only time.
struct Geometry {
  int64_t channels = 1, groups = 1;
  int64_t taps[kSpatial] = {1, 1}, strides[kSpatial] = {1, 1}, padding[kSpatial] = {0, 0}, dilations[kSpatial] = {1, 1};
  int64_t zero_point = 0;

  int64_t reach(int axis) const { return dilations[axis] * (taps[axis] - 1) + 1; }
  bool pointwise() const {
    return groups == 1 && taps[0] * taps[1] == 1 && strides[0] * strides[1] == 1 && padding[0] + padding[1] == 0;
  }
  bool depthwise() const {
    return groups == channels && groups > 1 && taps[0] == 1 && strides[0] == 1 && padding[0] == 0;
  }
};

// The operand of a convolution, in elements; a channel is one element from the next.
struct Source {
  int64_t offset, batch, position[kSpatial], extent[kSpatial];
  Type type;
};

class WindowTask : public Task {
 public:
  Geometry geometry;
  Source source{};
  int64_t width = 1;  // positions along the second axis
  const std::vector<Weights>* weights = nullptr;

  size_t workspace(int rows) const override {
    size_t most = 0;  // groups may form their sums in different ways
    for (const Weights& set : *weights)
      most = std::max(most, aligned(static_cast<size_t>(rows) * static_cast<size_t>(set.row_bytes())) + set.workspace());
    return most;
  }

  void run(const Tile& tile) const override {
    const int64_t depth = geometry.channels / geometry.groups;
    ptrdiff_t column = 0;
    for (int64_t group = 0; group < geometry.groups; ++group) {
      const Weights& set = (*weights)[static_cast<size_t>(group)];
      const int stride = set.row_bytes();
      char* rest = tile.workspace + aligned(static_cast<size_t>(tile.rows) * static_cast<size_t>(stride));
      for (int row = 0; row < tile.rows; ++row)
        stage(tile, set, tile.first + row, group * depth, depth, tile.workspace + static_cast<ptrdiff_t>(row) * stride);
      set.multiply(*tile.kernels, tile.workspace, tile.rows, tile.out.data + column * size_of(set.output()), tile.out.step, rest);
      column += set.columns();
    }
  }

 private:
  void stage(const Tile& tile, const Weights& set, int64_t position, int64_t channel, int64_t depth, char* to) const {
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
  void gather(const int64_t* at, const Weights& set, const char* from, uint8_t* to) const {
    const uint8_t flip = source.type == Type::i8 ? 0x80 : 0, zero = static_cast<uint8_t>(geometry.zero_point) ^ flip;
    uint8_t* const begin = to;
    for (int64_t i = 0, y = at[0]; i < geometry.taps[0]; ++i, y += geometry.dilations[0]) {
      const bool inside = y >= 0 && y < source.extent[0];
      const char* line = from + (inside ? y * source.position[0] : 0);
      for (int64_t j = 0, x = at[1]; j < geometry.taps[1]; ++j, x += geometry.dilations[1])
        *to++ = inside && x >= 0 && x < source.extent[1] ? static_cast<uint8_t>(line[x * source.position[1]]) ^ flip : zero;
    }
    std::fill(to, begin + set.row_bytes(), uint8_t{0});
  }

  void outside(const Tile& tile, const Weights& set, int64_t depth, char* staged) const {
    int32_t zero;
    store_code(&zero, source.type, 0, geometry.zero_point);
    for (int64_t c = 0; c < depth; ++c) set.stage(*tile.kernels, &zero, source.type, 1, staged + c * set.code_bytes());
  }
};

struct DepthwiseWeights {
  std::vector<int16_t> pairs;  // [tap pair][channel][2]
  std::vector<int32_t> init;
  Requantizer requantizer;
  int pairs_count = 0;
};

class DepthwiseTask : public Task {
 public:
  Geometry geometry;
  Source source{};
  const DepthwiseWeights* weights = nullptr;

  size_t workspace(int rows) const override {
    return aligned(static_cast<size_t>(pair_rows(rows) * geometry.channels) * 4) + aligned(static_cast<size_t>(geometry.channels) * 4);
  }

  void run(const Tile& tile) const override {
    const int64_t count = pair_rows(tile.rows), step = geometry.dilations[1];
    int16_t* pairs = reinterpret_cast<int16_t*>(tile.workspace);
    char* padding = tile.workspace + aligned(static_cast<size_t>(count * geometry.channels) * 4);
    for (int64_t c = 0; c < geometry.channels; ++c) store_code(padding, source.type, c, geometry.zero_point);
    const int64_t first = tile.first * geometry.strides[1] - geometry.padding[1];
    const char* from = tile.in[0].data + (source.offset + tile.batch * source.batch) * size_of(source.type);
    const auto row = [&](int64_t at) {
      return at < 0 || at >= source.extent[1] ? padding : from + at * source.position[1] * size_of(source.type);
    };
    for (int64_t i = 0; i < count; ++i)
      tile.kernels->interleave(row(first + i), row(first + i + step), source.type, static_cast<int>(geometry.channels),
                               pairs + i * geometry.channels * 2);
    const Requantize requantize = weights->requantizer.at(0);
    Depthwise depthwise{pairs, weights->pairs.data(), weights->init.data(), &requantize, tile.out.data, tile.out.step, tile.rows,
                        static_cast<int>(geometry.strides[1]), static_cast<int>(geometry.channels), weights->pairs_count,
                        static_cast<int>(2 * step)};
    tile.kernels->depthwise(depthwise);
  }

 private:
  int64_t pair_rows(int64_t rows) const {
    return (rows - 1) * geometry.strides[1] + (weights->pairs_count - 1) * 2 * geometry.dilations[1] + 1;
  }
};

class Convolution : public Operator {
 public:
  Convolution(const Record& record, const Kernels& kernels)
      : Operator(record), bits_(record.small("bits")), is_signed_(record.integer("signed") != 0) {
    const Array& weight = record.array("weight");
    rank_ = static_cast<int>(weight.shape.size()) - 2;
    if (rank_ != 1 && rank_ != kSpatial) refuse(name + ": expected a weight over 1 or 2 axes");
    for (int axis = kSpatial - rank_, i = 0; axis < kSpatial; ++axis, ++i) {
      const size_t at = static_cast<size_t>(i);
      geometry_.taps[axis] = weight.shape[at + 2];
      geometry_.strides[axis] = record.list("strides").at(at);
      geometry_.padding[axis] = record.list("padding").at(at);
      geometry_.dilations[axis] = record.list("dilations").at(at);
    }
    geometry_.groups = record.integer("groups");
    geometry_.channels = weight.shape[1] * geometry_.groups;
    geometry_.zero_point = record.integer("input_zero_point");
    columns_ = weight.shape[0];
    const int64_t depth = weight.shape[1] * geometry_.taps[0] * geometry_.taps[1];
    const std::vector<int8_t> codes = reordered(weight);
    depthwise_ = rank_ == 1 && geometry_.depthwise() && columns_ == geometry_.channels && prepare_depthwise(record, codes);
    if (depthwise_) return;
    const int64_t each = columns_ / geometry_.groups;
    for (int64_t group = 0; group < geometry_.groups; ++group) {
      const auto begin = codes.begin() + group * each * depth;
      weights_.emplace_back(record, std::vector<int8_t>(begin, begin + each * depth), group * each, each, depth, kernels);
    }
  }

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    const Value& x = *operands[0];
    if (x.view.rank() != rank_ + 2 || x.view.shape[1] != geometry_.channels)
      refuse(name + ": expected " + std::to_string(geometry_.channels) + " channels over " + std::to_string(rank_) + " axes");
    View view = x.view;
    if (view.strides[1] != 1 && geometry_.channels > 1) view = channels_last(binder, view);
    Axes shape = view.shape;
    shape[1] = columns_;
    for (int axis = kSpatial - rank_, at = 2; axis < kSpatial; ++axis, ++at)
      shape[at] = (view.shape[at] + 2 * geometry_.padding[axis] - geometry_.reach(axis)) / geometry_.strides[axis] + 1;
    const Type type = container(bits_, is_signed_);
    RowSpace space;
    space.batch = shape[0];
    space.columns = columns_;
    space.column_axes = {1};
    if (shape[0] > 1) space.batch_axes = {0};
    for (int axis = 2; axis < shape.count; ++axis) {
      space.rows *= shape[axis];
      if (shape[axis] > 1) space.row_axes.push_back(axis);
    }
    Access access;
    std::unique_ptr<Task> task = geometry_.pointwise() ? linear(view, space, x.type, access) : nullptr;
    const char* kind = task ? "linear" : depthwise_ ? "depthwise" : "convolution";
    if (!task) {
      task = windows(view, shape, x.type);
      access = whole(view);
    }
    return {binder.add(std::move(task), name, kind, space, binder.make(type, space), {access}, shape), type, bits_, is_signed_, 0};
  }

  size_t weight_bytes() const override {
    size_t total = depthwise_ ? depthwise_weights_.pairs.size() * 2 + depthwise_weights_.init.size() * 4 + depthwise_weights_.requantizer.bytes() : 0;
    for (const Weights& set : weights_) total += set.bytes();
    return total;
  }

 private:
  // [out][tap][channel], as a window lies channels last.
  std::vector<int8_t> reordered(const Array& weight) const {
    const int64_t depth = weight.shape[1], taps = geometry_.taps[0] * geometry_.taps[1];
    std::vector<int8_t> codes(static_cast<size_t>(weight.size()));
    for (int64_t o = 0; o < weight.shape[0]; ++o)
      for (int64_t c = 0; c < depth; ++c)
        for (int64_t t = 0; t < taps; ++t)
          codes[static_cast<size_t>((o * taps + t) * depth + c)] = static_cast<int8_t>(weight[(o * depth + c) * taps + t]);
    return codes;
  }

  // False where the sums or the codes need more than the kernel has.
  bool prepare_depthwise(const Record& record, const std::vector<int8_t>& codes) {
    const int input_bits = record.small("input_bits");
    const bool input_signed = record.integer("input_signed") != 0;
    if (input_bits > (input_signed ? 16 : 15)) return false;
    const int64_t taps = geometry_.taps[1], largest = magnitude(input_bits, input_signed);
    DepthwiseWeights& d = depthwise_weights_;
    d.pairs_count = static_cast<int>((taps + 1) / 2);
    const size_t padded = static_cast<size_t>((columns_ + kGroup - 1) / kGroup * kGroup);
    d.pairs.assign(static_cast<size_t>(d.pairs_count * columns_) * 2, 0);
    d.init.assign(padded, 0);
    std::vector<int64_t> bounds(static_cast<size_t>(columns_));
    for (int64_t c = 0; c < columns_; ++c) {
      const int64_t bias = record.array("bias")[c];
      int64_t absolute = 0;
      for (int64_t t = 0; t < taps; ++t) {
        const int8_t code = codes[static_cast<size_t>(c * taps + t)];
        absolute += std::abs(code);
        d.pairs[static_cast<size_t>(((t / 2) * columns_ + c) * 2 + t % 2)] = code;
      }
      bounds[static_cast<size_t>(c)] = absolute * largest + std::abs(bias);
      if (bounds[static_cast<size_t>(c)] > INT32_MAX) return false;
      d.init[static_cast<size_t>(c)] = static_cast<int32_t>(bias);
    }
    d.requantizer = Requantizer(record, 0, columns_, bounds);
    return true;
  }

  View channels_last(Binder& binder, const View& view) const {
    std::vector<int64_t> order{0}, back{0, rank_ + 1};
    for (int axis = 2; axis < view.rank(); ++axis) order.push_back(axis);
    for (int axis = 1; axis < view.rank() - 1; ++axis) back.push_back(axis);
    order.push_back(1);
    return binder.dense(view.permuted(order), name).permuted(back);
  }

  std::unique_ptr<Task> linear(const View& view, const RowSpace& space, Type type, Access& access) const {
    RowSpace input = space;
    input.columns = geometry_.channels;
    if (geometry_.channels == 1) input.column_axes.clear();
    if (!express(view, input, access) || access.column_stride != 1) return nullptr;
    auto task = std::make_unique<LinearTask>();
    task->weights = &weights_[0];
    task->type = type;
    return task;
  }

  std::unique_ptr<Task> windows(const View& view, const Axes& shape, Type type) const {
    Source source{};
    source.offset = view.offset;
    source.batch = view.strides[0];
    source.type = type;
    for (int axis = 0; axis < kSpatial; ++axis) {
      const int at = axis + 2 - (kSpatial - rank_);
      source.extent[axis] = at < 2 ? 1 : view.shape[at];
      source.position[axis] = at < 2 ? 0 : view.strides[at];
    }
    if (depthwise_) {
      auto task = std::make_unique<DepthwiseTask>();
      task->geometry = geometry_;
      task->source = source;
      task->weights = &depthwise_weights_;
      return task;
    }
    auto task = std::make_unique<WindowTask>();
    task->geometry = geometry_;
    task->source = source;
    task->width = shape[shape.count - 1];
    task->weights = &weights_;
    return task;
  }

  Geometry geometry_;
  int rank_ = 1, bits_;
  bool is_signed_, depthwise_ = false;
  int64_t columns_ = 1;
  std::vector<Weights> weights_;
  DepthwiseWeights depthwise_weights_;
};

}  // namespace

std::unique_ptr<Operator> make_convolution(const Record& record, const Kernels& kernels) {
  return std::make_unique<Convolution>(record, kernels);
}

}  // namespace earnest
