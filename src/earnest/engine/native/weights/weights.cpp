#include "weights/weights.h"

#include <algorithm>
#include <cstdlib>

#include "kernels/arithmetic.h"

namespace earnest {
namespace {

constexpr int kPanelGroups = 4;
constexpr int kPlanes[] = {4, 2, 1};  // bits
}  // namespace

int64_t staged_offset(Mode mode, Type type) {
  if (mode == Mode::bytes) return type == Type::i8 ? 128 : 0;
  return mode == Mode::words && type == Type::u16 ? -32768 : 0;
}

Vector<int8_t> weight_codes(const Record& record) { return record.array("weight").as<int8_t>(); }

namespace {
// The place of "odd" among WEIGHT_MAPS of earnest.integer.codes.
constexpr int64_t kOddMap = 1;
}  // namespace

Weights::Weights(const Record& record, const Vector<int8_t>& codes, int64_t first, int64_t columns, int64_t depth,
                 const Kernels& kernels)
    : columns_(static_cast<int>(columns)),
      depth_(static_cast<int>(depth)),
      blocks_(static_cast<int>((depth + 3) / 4)),
      groups_(static_cast<int>((columns + kGroup - 1) / kGroup)),
      bits_(record.small("weight_bits")),
      odd_(record.integer("weight_map") == kOddMap) {
  const Width input = record.input_width();
  const int64_t largest = input.magnitude();
  const Array& bias = record.array("bias");
  Vector<int64_t> bounds(columns), sums(columns);
  mode_ = input.bits <= 8 && kernels.bytes ? Mode::bytes : input.bits <= 16 ? Mode::words : Mode::wide;
  for (int64_t c = 0; c < columns; ++c) {
    const int8_t* row = codes.data() + c * depth;
    int64_t total = 0, absolute = 0;
    for (int64_t k = 0; k < depth; ++k) {
      total += row[k];
      absolute += std::abs(row[k]);
    }
    sums[c] = total;
    bounds[c] = absolute * largest + std::abs(bias[first + c]);
    if (bounds[c] > INT32_MAX) mode_ = Mode::wide;
  }
  requantizer_ = Requantizer(record, first, bounds);
  init_.assign(in_groups(columns), 0);
  const int64_t offset = staged_offset(mode_, input.type());
  for (int64_t c = 0; c < columns; ++c) {
    init_[c] = modulo_32(bias[first + c] - offset * sums[c]);
    if (mode_ == Mode::wide) bias_.push_back(bias[first + c]);
  }
  if (mode_ == Mode::wide) {
    codes_ = Bytes(codes.size());
    copy_bytes(codes_.data(), codes.data(), codes.size());
  } else {
    pack(codes);
  }
}

void Weights::pack(const Vector<int8_t>& codes) {
  const int64_t all = int64_t{blocks_} * kGroupBytes;
  for (int i = 0; i < 3 && bits_ != 8; ++i) {
    const int parts = 8 / kPlanes[i];
    plane_bytes_[i] = (bits_ & kPlanes[i]) != 0 ? int64_t{(blocks_ + parts - 1) / parts} * kGroupBytes : 0;
  }
  group_bytes_ = bits_ == 8 ? all : plane_bytes_[0] + plane_bytes_[1] + plane_bytes_[2];
  codes_ = Bytes(group_bytes_ * groups_);
  Vector<uint8_t> ordered(all);
  for (int group = 0; group < groups_; ++group) {
    order(codes, group, ordered);
    uint8_t* to = codes_.data() + group_bytes_ * group;
    if (bits_ == 8) copy_bytes(to, ordered.data(), all);
    else split(ordered, to);
  }
}

// The codes of a group as the products read them. 0 is no odd code: what lies beyond the depth is then -1, and meets
// the zeros with which every staged row ends.
void Weights::order(const Vector<int8_t>& codes, int group, Vector<uint8_t>& ordered) const {
  for (int k = 0; k < blocks_; ++k)
    for (int c = 0; c < kGroup; ++c)
      for (int i = 0; i < 4; ++i) {
        const int64_t column = group * kGroup + c, at = k * 4 + i;
        const int code = column < columns_ && at < depth_ ? codes[column * depth_ + at] : 0;
        const int stored = odd_ && bits_ != 8 ? (code + (1 << bits_) - 1) >> 1 : code;
        ordered[(k * kGroup + c) * 4 + i] = static_cast<uint8_t>(stored);
      }
}

// Codes of fewer than 8 bits into their planes, the widest first.
void Weights::split(const Vector<uint8_t>& ordered, uint8_t* to) const {
  int below = 0;
  for (int i = 0; i < 3; ++i) {
    const int width = kPlanes[i], parts = 8 / width;
    if ((bits_ & width) == 0) continue;
    for (int k = 0; k < blocks_; ++k)
      for (int byte = 0; byte < kGroupBytes; ++byte) {
        const int part = (ordered[k * kGroupBytes + byte] >> below) & ((1 << width) - 1);
        to[(k / parts) * kGroupBytes + byte] |= static_cast<uint8_t>(part << ((k % parts) * width));
      }
    to += plane_bytes_[i];
    below += width;
  }
}

int64_t Weights::bytes() const { return codes_.size() + init_.size() * 4 + bias_.size() * 8 + requantizer_.bytes(); }

int64_t Weights::workspace() const {
  if (mode_ == Mode::wide) return 0;
  const int64_t block = int64_t{blocks_} * kGroupBytes;
  if (mode_ == Mode::words) return block * (1 + 2 * kPanelGroups);
  return bits_ == 8 ? 0 : block * kPanelGroups;
}

void Weights::stage(const Kernels& kernels, const void* codes, Type type, int count, char* staged) const {
  if (mode_ == Mode::bytes) kernels.stage8(codes, type, count, reinterpret_cast<uint8_t*>(staged));
  else if (mode_ == Mode::words) kernels.stage16(codes, type, count, reinterpret_cast<int16_t*>(staged));
  else
    for (int i = 0; i < count; ++i) reinterpret_cast<int64_t*>(staged)[i] = load_code(codes, type, i);
}

void Weights::end(char* staged) const {
  const int used = depth_ * code_bytes();
  clear_bytes(staged + used, row_bytes() - used);
}

const char* Weights::panel(const Kernels& kernels, int group, int count, char* workspace, ptrdiff_t& stride) const {
  const ptrdiff_t block = static_cast<ptrdiff_t>(blocks_) * kGroupBytes;
  const uint8_t* from = codes_.data() + group_bytes_ * group;
  if (mode_ == Mode::bytes && bits_ == 8) {
    stride = block;
    return reinterpret_cast<const char*>(from);
  }
  char* to = mode_ == Mode::words ? workspace + block : workspace;
  stride = mode_ == Mode::words ? 2 * block : block;
  for (int i = 0; i < count; ++i, from += group_bytes_) {
    const int8_t* bytes = reinterpret_cast<const int8_t*>(from);
    if (bits_ != 8) {
      PackedWeights packed{{from, from + plane_bytes_[0], from + plane_bytes_[0] + plane_bytes_[1]}, bits_, odd_};
      int8_t* unpacked = reinterpret_cast<int8_t*>(mode_ == Mode::words ? workspace : to + i * stride);
      kernels.unpack8(packed, blocks_, unpacked);
      bytes = unpacked;
    }
    if (mode_ == Mode::words) kernels.unpack16(bytes, blocks_, reinterpret_cast<int16_t*>(to + i * stride));
  }
  return to;
}

void Weights::multiply(const Kernels& kernels, const char* staged, int rows, char* out, ptrdiff_t out_stride,
                       char* workspace) const {
  if (mode_ == Mode::wide) return multiply_wide(staged, rows, out, out_stride);
  const int size = size_of(output());
  for (int group = 0; group < groups_; group += kPanelGroups) {
    const int count = std::min(kPanelGroups, groups_ - group), column = group * kGroup;
    const Requantize requantize = requantizer_.at(column);
    Product product{};
    product.a = staged;
    product.a_stride = row_bytes();
    product.b = panel(kernels, group, count, workspace, product.b_stride);
    product.init = init_.data() + column;
    product.requantize = &requantize;
    product.out = out + static_cast<ptrdiff_t>(column) * size;
    product.out_stride = out_stride;
    product.rows = rows;
    product.columns = std::min(columns_ - column, count * kGroup);
    product.depth = mode_ == Mode::bytes ? blocks_ : 2 * blocks_;
    (mode_ == Mode::bytes ? kernels.product8 : kernels.product16)(product);
  }
}

void Weights::multiply_wide(const char* staged, int rows, char* out, ptrdiff_t out_stride) const {
  const Requantize to = requantizer_.at(0);
  for (int row = 0; row < rows; ++row) {
    const int64_t* x = reinterpret_cast<const int64_t*>(staged + static_cast<ptrdiff_t>(row) * row_bytes());
    for (int c = 0; c < columns_; ++c) {
      const int8_t* w = reinterpret_cast<const int8_t*>(codes_.data()) + static_cast<ptrdiff_t>(c) * depth_;
      int64_t sum = bias_[c];
      for (int k = 0; k < depth_; ++k) sum += w[k] * x[k];
      const int64_t code = shift_round(sum * to.multiplier[c], to.shift[lane(c)]) + to.zero_point;
      store_code(out + row * out_stride, to.type, c, clamp(code, to.low, to.high));
    }
  }
}

}  // namespace earnest
