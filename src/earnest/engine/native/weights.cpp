#include "weights.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace earnest {
namespace {

constexpr int kPanelGroups = 4;
constexpr int64_t kLargest32 = INT32_MAX;

int64_t shift_round(int64_t value, int shift) { return (value + (int64_t{1} << (shift - 1))) >> shift; }

}  // namespace

Bytes::Bytes(size_t size) : size_(size) {
  if (size == 0) return;
  data_.reset(static_cast<uint8_t*>(::operator new(size, std::align_val_t{64})));
  std::memset(data_.get(), 0, size);
}

void Bytes::Free::operator()(uint8_t* data) const { ::operator delete(data, std::align_val_t{64}); }

int64_t magnitude(int bits, bool is_signed) {
  const Range range = code_range(bits, is_signed);
  return std::max(-range.low, range.high);
}

int64_t staged_offset(Mode mode, Type type) {
  if (mode == Mode::bytes) return type == Type::i8 ? 128 : 0;
  return mode == Mode::words && type == Type::u16 ? -32768 : 0;
}

Requantizer::Requantizer(const Record& record, int64_t first, int64_t count, const std::vector<int64_t>& bounds) {
  const Array &multiplier = record.array("multiplier"), &shift = record.array("shift");
  const size_t padded = static_cast<size_t>((count + kGroup - 1) / kGroup * kGroup);
  multiplier_.assign(padded, 0);
  shift_.assign(padded, 1);
  const int bits = record.small("bits");
  const bool is_signed = record.integer("signed") != 0;
  const Range range = code_range(bits, is_signed);
  rest_.zero_point = record.small("zero_point");
  rest_.low = static_cast<int32_t>(range.low);
  rest_.high = static_cast<int32_t>(range.high);
  rest_.type = container(bits, is_signed);
  rest_.wide = false;
  for (int64_t c = 0; c < count; ++c) {
    const int64_t m = multiplier[first + c], s = shift[first + c];
    if (m < 0 || m > UINT16_MAX || s < 1 || s > 47) refuse(record.name + ": expected multipliers of 16 bits and shifts 1 .. 47");
    multiplier_[static_cast<size_t>(c)] = static_cast<uint16_t>(m);
    shift_[static_cast<size_t>(lane(static_cast<int>(c)))] = static_cast<uint8_t>(s);
    const int64_t largest = shift_round(std::min(bounds[static_cast<size_t>(c)], int64_t{1} << 46) * m, static_cast<int>(s));
    if (largest + std::abs(int64_t{rest_.zero_point}) > kLargest32) rest_.wide = true;
  }
}

Requantize Requantizer::at(int column) const {
  Requantize requantize = rest_;
  requantize.multiplier = multiplier_.data() + column;
  requantize.shift = shift_.data() + column;
  return requantize;
}

// The place of "odd" among WEIGHT_MAPS of earnest.integer.codes.
constexpr int64_t kOddMap = 1;

Weights::Weights(const Record& record, const std::vector<int8_t>& codes, int64_t first, int64_t columns, int64_t depth,
                 const Kernels& kernels)
    : columns_(static_cast<int>(columns)), depth_(static_cast<int>(depth)), blocks_(static_cast<int>((depth + 3) / 4)),
      groups_(static_cast<int>((columns + kGroup - 1) / kGroup)), bits_(record.small("weight_bits")),
      odd_(record.integer("weight_map") == kOddMap) {
  const int input_bits = record.small("input_bits");
  const bool input_signed = record.integer("input_signed") != 0;
  const int64_t largest = magnitude(input_bits, input_signed);
  const Array& bias = record.array("bias");
  std::vector<int64_t> bounds(static_cast<size_t>(columns)), sums(static_cast<size_t>(columns));
  mode_ = input_bits <= 8 && kernels.bytes ? Mode::bytes : input_bits <= 16 ? Mode::words : Mode::wide;
  for (int64_t c = 0; c < columns; ++c) {
    const int8_t* row = codes.data() + c * depth;
    int64_t total = 0, absolute = 0;
    for (int64_t k = 0; k < depth; ++k) {
      total += row[k];
      absolute += std::abs(row[k]);
    }
    sums[static_cast<size_t>(c)] = total;
    bounds[static_cast<size_t>(c)] = absolute * largest + std::abs(bias[first + c]);
    if (bounds[static_cast<size_t>(c)] > kLargest32) mode_ = Mode::wide;
  }
  requantizer_ = Requantizer(record, first, columns, bounds);
  init_.assign(static_cast<size_t>(groups_) * kGroup, 0);
  const int64_t offset = staged_offset(mode_, container(input_bits, input_signed));
  for (int64_t c = 0; c < columns; ++c) {
    const int64_t begin = bias[first + c] - offset * sums[static_cast<size_t>(c)];
    init_[static_cast<size_t>(c)] = static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(begin)));
    if (mode_ == Mode::wide) bias_.push_back(bias[first + c]);
  }
  if (mode_ == Mode::wide) {
    codes_ = Bytes(codes.size());
    std::memcpy(codes_.data(), codes.data(), codes.size());
  } else {
    pack(codes);
  }
}

void Weights::pack(const std::vector<int8_t>& codes) {
  const size_t all = static_cast<size_t>(blocks_) * kGroupBytes;
  std::vector<uint8_t> ordered(all);
  const int planes[] = {4, 2, 1};
  if (bits_ == 8) {
    group_bytes_ = all;
  } else {
    for (int i = 0; i < 3; ++i) {
      const int parts = 8 / planes[i];
      plane_bytes_[i] = (bits_ & planes[i]) != 0 ? static_cast<size_t>((blocks_ + parts - 1) / parts) * kGroupBytes : 0;
      group_bytes_ += plane_bytes_[i];
    }
  }
  codes_ = Bytes(group_bytes_ * static_cast<size_t>(groups_));
  // 0 is no odd code: what lies beyond the depth is then -1, and meets the zeros with which every staged row ends.
  for (int group = 0; group < groups_; ++group) {
    for (int k = 0; k < blocks_; ++k)
      for (int c = 0; c < kGroup; ++c)
        for (int i = 0; i < 4; ++i) {
          const int column = group * kGroup + c, at = k * 4 + i;
          const int code = column < columns_ && at < depth_ ? codes[static_cast<size_t>(column) * static_cast<size_t>(depth_) + static_cast<size_t>(at)] : 0;
          ordered[static_cast<size_t>((k * kGroup + c) * 4 + i)] = static_cast<uint8_t>(odd_ && bits_ != 8 ? (code + (1 << bits_) - 1) >> 1 : code);
        }
    uint8_t* to = codes_.data() + group_bytes_ * static_cast<size_t>(group);
    if (bits_ == 8) {
      std::memcpy(to, ordered.data(), all);
      continue;
    }
    int below = 0;
    for (int i = 0; i < 3; ++i) {
      if ((bits_ & planes[i]) == 0) continue;
      const int parts = 8 / planes[i];
      for (int k = 0; k < blocks_; ++k)
        for (int byte = 0; byte < kGroupBytes; ++byte) {
          const int part = (ordered[static_cast<size_t>(k * kGroupBytes + byte)] >> below) & ((1 << planes[i]) - 1);
          to[(k / parts) * kGroupBytes + byte] |= static_cast<uint8_t>(part << ((k % parts) * planes[i]));
        }
      to += plane_bytes_[i];
      below += planes[i];
    }
  }
}

size_t Weights::bytes() const {
  return codes_.size() + init_.size() * 4 + bias_.size() * 8 + requantizer_.bytes();
}

size_t Weights::workspace() const {
  if (mode_ == Mode::wide) return 0;
  const size_t block = static_cast<size_t>(blocks_) * kGroupBytes;
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
  const int size = row_bytes() / (blocks_ * 4);
  std::memset(staged + static_cast<ptrdiff_t>(depth_) * size, 0, static_cast<size_t>(row_bytes() - depth_ * size));
}

const char* Weights::panel(const Kernels& kernels, int group, int count, char* workspace, ptrdiff_t& stride) const {
  const ptrdiff_t block = static_cast<ptrdiff_t>(blocks_) * kGroupBytes;
  const uint8_t* from = codes_.data() + group_bytes_ * static_cast<size_t>(group);
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
      int64_t sum = bias_[static_cast<size_t>(c)];
      for (int k = 0; k < depth_; ++k) sum += w[k] * x[k];
      const int64_t code = shift_round(sum * to.multiplier[c], to.shift[lane(c)]) + to.zero_point;
      store_code(out + row * out_stride, to.type, c, std::min<int64_t>(std::max<int64_t>(code, to.low), to.high));
    }
  }
}

}  // namespace earnest
