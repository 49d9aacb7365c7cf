// Weight codes as a device keeps them: at their width, in the order in which the products read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels.h"
#include "record.h"

namespace earnest {

int64_t magnitude(int bits, bool is_signed);  // the largest |code|

// Bytes on the boundary of a cache line, all of them 0 at first.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(size_t size);
  uint8_t* data() { return data_.get(); }
  const uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(uint8_t* data) const;
  };
  std::unique_ptr<uint8_t, Free> data_;
  size_t size_ = 0;
};

// How sums of products are formed: codes as unsigned bytes, as signed words, or one by one in 64 bits.
enum class Mode { bytes, words, wide };

// What is added to a code on its way into a product: bytes are unsigned there, words signed.
int64_t staged_offset(Mode mode, Type type);

// E3 for each of some columns, its constants padded to whole groups.
class Requantizer {
 public:
  Requantizer() = default;
  // `bounds` holds the largest magnitude of each column's sum.
  Requantizer(const Record& record, int64_t first, int64_t count, const std::vector<int64_t>& bounds);
  Requantize at(int column) const;
  size_t bytes() const { return multiplier_.size() * 2 + shift_.size(); }

 private:
  std::vector<uint16_t> multiplier_;
  std::vector<uint8_t> shift_;
  Requantize rest_{};
};

// The weights of one group of a linear or convolution: `columns` x `depth` codes.
class Weights {
 public:
  // `codes` in row-major order, [columns][depth], of the channels from `first` on.
  Weights(const Record& record, const std::vector<int8_t>& codes, int64_t first, int64_t columns, int64_t depth,
          const Kernels& kernels);

  int columns() const { return columns_; }
  int depth() const { return depth_; }
  int code_bytes() const { return row_bytes() / (blocks_ * 4); }  // of a staged code
  int row_bytes() const { return blocks_ * 4 * (mode_ == Mode::bytes ? 1 : mode_ == Mode::words ? 2 : 8); }
  Mode mode() const { return mode_; }
  Type output() const { return requantizer_.at(0).type; }
  size_t bytes() const;
  size_t workspace() const;

  // `count` codes from memory to where they belong in a staged row.
  void stage(const Kernels& kernels, const void* codes, Type type, int count, char* staged) const;
  // Zeros behind the last code of a staged row.
  void end(char* staged) const;
  // Rows of results; `out` is where the first column of the first row goes.
  void multiply(const Kernels& kernels, const char* staged, int rows, char* out, ptrdiff_t out_stride, char* workspace) const;

 private:
  void pack(const std::vector<int8_t>& codes);
  const char* panel(const Kernels& kernels, int group, int count, char* workspace, ptrdiff_t& stride) const;
  void multiply_wide(const char* staged, int rows, char* out, ptrdiff_t out_stride) const;

  Mode mode_ = Mode::bytes;
  int columns_ = 0, depth_ = 0, blocks_ = 0, groups_ = 0, bits_ = 8;
  bool odd_ = false;
  Bytes codes_;  // of 8 bits, or the planes of fewer, group by group
  size_t plane_bytes_[3] = {0, 0, 0};
  size_t group_bytes_ = 0;
  std::vector<int32_t> init_;
  std::vector<int64_t> bias_;  // wide only
  Requantizer requantizer_;
};

}  // namespace earnest
