// Weight codes as a device keeps them: at their width, in the order in which the products read them.
#pragma once

#include "memory/bytes.h"
#include "weights/requantizer.h"

namespace earnest {

// How sums of products are formed: codes as unsigned bytes, as signed words, or one by one in 64 bits.
enum class Mode : uint8_t { bytes, words, wide };

// What is added to a code on its way into a product: bytes are unsigned there, words signed.
int64_t staged_offset(Mode mode, Type type);

// The codes of a record's weight, row-major.
Vector<int8_t> weight_codes(const Record& record);

// The weights of one group of a linear or convolution: `columns` x `depth` codes.
class Weights {
 public:
  // `codes` in row-major order, [columns][depth], of the channels from `first` on.
  Weights(const Record& record, const Vector<int8_t>& codes, int64_t first, int64_t columns, int64_t depth,
          const Kernels& kernels);

  int columns() const { return columns_; }
  int depth() const { return depth_; }
  int code_bytes() const { return row_bytes() / (blocks_ * 4); }  // of a staged code
  int row_bytes() const { return blocks_ * 4 * (mode_ == Mode::bytes ? 1 : mode_ == Mode::words ? 2 : 8); }
  Mode mode() const { return mode_; }
  Type output() const { return requantizer_.at(0).type; }
  int64_t bytes() const;
  int64_t workspace() const;

  // `count` codes from memory to where they belong in a staged row.
  void stage(const Kernels& kernels, const void* codes, Type type, int count, char* staged) const;
  // Zeros behind the last code of a staged row.
  void end(char* staged) const;
  // Rows of results; `out` is where the first column of the first row goes.
  void multiply(const Kernels& kernels, const char* staged, int rows, char* out, ptrdiff_t out_stride,
                char* workspace) const;

 private:
  void pack(const Vector<int8_t>& codes);
  void order(const Vector<int8_t>& codes, int group, Vector<uint8_t>& ordered) const;
  void split(const Vector<uint8_t>& ordered, uint8_t* to) const;
  const char* panel(const Kernels& kernels, int group, int count, char* workspace, ptrdiff_t& stride) const;
  void multiply_wide(const char* staged, int rows, char* out, ptrdiff_t out_stride) const;

  Mode mode_ = Mode::bytes;
  int columns_ = 0, depth_ = 0, blocks_ = 0, groups_ = 0, bits_ = 8;
  bool odd_ = false;
  Bytes codes_;  // of 8 bits, or the planes of fewer, group by group
  int64_t plane_bytes_[3] = {0, 0, 0};
  int64_t group_bytes_ = 0;
  Vector<int32_t> init_;
  Vector<int64_t> bias_;  // wide only
  Requantizer requantizer_;
};

}  // namespace earnest
