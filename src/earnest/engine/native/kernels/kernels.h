// What an instruction set must bring: the inner loops of the law, over rows of contiguous codes.
//
// Every function computes exactly what docs/semantics.md says, whatever the instruction set. Sums of products are
// formed modulo 2^32: they are proved to fit, and the corrections for offsets may wrap on the way. Products lie in
// memory in *groups* of 16 columns: [group][depth][16][4] codes of 8 bits, or [group][depth][16][2] of 16 bits, so that
// one depth of one group is 64 bytes. Rows are staged: contiguous, padded with anything up to a whole depth (the
// columns have zeros there).
#pragma once

#include "memory/codes.h"

namespace earnest {

constexpr int kGroup = 16;
constexpr int kGroupBytes = 64;

// Columns, and those beyond the last that fill its group.
constexpr int64_t in_groups(int64_t columns) { return (columns + kGroup - 1) / kGroup * kGroup; }

// E3 for each column: y = clamp(z + ((acc m[c] + 2^(s[c]-1)) >> s[c])). Shifts lie in the order `lane` within a group.
struct Requantize {
  const uint16_t* multiplier;
  const uint8_t* shift;
  int32_t zero_point, low, high;
  bool wide;  // the shifted product may leave 32 bits
  Type type;
};

// Even columns of a group come first, so that the 64-bit lanes of both halves load their shifts in one go.
constexpr int lane(int column) { return (column & ~15) | ((column & 1) << 3) | ((column & 15) >> 1); }

// E13 of the sums and of 32-bit codes that are there already: y = clamp(z + ((acc own + codes other + rest) >> shift)).
// Multipliers have 31 bits at most, and the shifted sum fits 32.
struct Addition {
  int64_t own, other, rest;
  int shift;
  int32_t zero_point, low, high;
  Type type;
  const int32_t* codes;
  ptrdiff_t stride;  // bytes between rows
};

// rows x columns sums of products, each begun at `init[column]`, requantized, added to others, or kept as int32.
struct Product {
  const void* a;
  ptrdiff_t a_stride;  // bytes between rows
  const void* b;
  ptrdiff_t b_stride;  // bytes between groups
  const int32_t* init;
  const Requantize* requantize;  // neither this
  const Addition* addition;      // nor this: the sums themselves
  void* out;
  ptrdiff_t out_stride;  // bytes between rows
  int rows, columns, depth;
};

// E3 with one multiplier for all: y = clamp(z + (((acc + offset) m + 2^(s-1)) >> s)).
struct Scale {
  int64_t multiplier;
  int shift;
  int32_t zero_point, low, high;
  bool wide;  // the shifted product may leave 32 bits
  Type type;
};

// E13 for one operand.
struct Term {
  const void* codes;
  Type type;
  bool broadcast;  // one code for the whole row
  int32_t zero_point;
  int64_t multiplier;
};

struct Sum {
  int shift;
  int32_t zero_point, low, high;
  bool wide;  // a multiplier has more than 31 bits, or the shifted sum may leave 32
  Type type;
};

// E21, E28. Shifts, and biases with the rounding term 2^(s[c]-1) in them, lie in the order `lane`.
struct Norm {
  const int32_t* multiplier;
  const uint8_t* shift;
  const int64_t* bias;
  int64_t epsilon;
  bool centred;  // E21 takes the mean away, E28 the zero point of the input
  int32_t input_zero_point, zero_point, low, high;
  bool wide;  // N x may leave 32 bits, or the shifted result
  Type type;
};

// E18 (coarse and fine) and E19 (table).
struct SoftmaxTables {
  const uint16_t* coarse;
  const uint16_t* fine;
  int fine_bits;
  int coarse_count;  // entries up to the last that is not 0
};

// Weight codes of b bits in planes of 4, 2 and 1 bits: one plane of w bits holds block i (64 codes) in bits (i % (8/w))
// w of the 64 bytes i / (8/w).
struct PackedWeights {
  const uint8_t* planes[3];  // of 4, 2, 1 bits; null where the width has none
  int bits;
  bool odd;
};

// A depthwise convolution: rows of channels, `taps` of them `dilation` rows apart for each result.
struct Depthwise {
  const int16_t* pairs;    // rows to read, interleaved with the row that is `dilation` further: [row][channel][2]
  const int16_t* weights;  // [tap pair][channel][2]
  const int32_t* init;
  const Requantize* requantize;
  void* out;
  ptrdiff_t out_stride;  // bytes
  int rows, row_step;    // results, and rows between two of them
  int channels, pairs_count, pair_step;
};

struct Kernels {
  const char* name;
  bool bytes;  // has `product8`; otherwise every product goes through 16 bits
  bool adds;   // products know `addition`

  void (*product8)(const Product&);   // unsigned x signed codes of 8 bits
  void (*product16)(const Product&);  // signed x signed codes of 16 bits
  void (*unpack8)(const PackedWeights&, int blocks, int8_t* out);
  void (*unpack16)(const int8_t* codes, int blocks,
                   int16_t* out);  // 64 codes of 8 bits to 128 bytes of pairs, in depth order
  void (*stage8)(const void* codes, Type, int count, uint8_t* out);   // signed codes + 128
  void (*stage16)(const void* codes, Type, int count, int16_t* out);  // u16 codes - 32768
  void (*scale)(const int32_t* acc, int count, int32_t offset, const Scale&, void* out);
  void (*add)(const Term*, int terms, int count, const Sum&, void* out);
  void (*multiply)(const void* left, Type, int32_t left_zero, const void* right, Type, int32_t right_zero, int count,
                   const Scale&, void* out);
  void (*table)(const uint8_t* codes, int count, uint8_t flip, const void* table, Type, void* out);
  void (*interpolate)(const int16_t* codes, int count, const int32_t* table, int32_t low, int32_t high, Type,
                      void* out);
  void (*gate)(const uint8_t* linear, Type, int32_t zero, const uint8_t* gate, uint8_t flip, const int16_t* table,
               int count, const Scale&, void* out);
  void (*normalise)(const void* codes, Type, ptrdiff_t stride, int rows, int count, const Norm&, void* out,
                    ptrdiff_t out_stride);
  void (*softmax)(const void* codes, Type, int count, const SoftmaxTables&, int16_t* out);
  void (*exponential)(const void* codes, Type, int count, const uint8_t* table, uint8_t* out);
  void (*interleave)(const void* first, const void* second, Type, int count, int16_t* out);
  void (*depthwise)(const Depthwise&);
};

const Kernels& portable_kernels();
const Kernels& avx2_kernels();
const Kernels& avxvnni_kernels();
const Kernels& evex_kernels();  // the source of avxvnni in the encoding of AVX-512VL
const Kernels& avx512_kernels();

}  // namespace earnest
