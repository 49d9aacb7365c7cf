// The inner loops in plain integers. Every instruction set compiles this file in a namespace of its own and with its own
// flags, then puts what it does better by hand in the place of what stands here. Nothing here uses floating point.
//
// Left shifts of negatives and signed wrap are undefined in C++17: where a value may wrap it is unsigned, and shifts to
// the left are products. `>>` of a negative is arithmetic in every compiler that this is built with.

#include <type_traits>

#include "kernels.h"
#include "root.h"

namespace earnest {
namespace {

template <class T>
inline T smaller(T a, T b) {
  return a < b ? a : b;
}
template <class T>
inline T larger(T a, T b) {
  return a > b ? a : b;
}
inline int64_t clamp(int64_t value, int64_t low, int64_t high) { return smaller(larger(value, low), high); }

// E1.
inline int64_t shift_round(int64_t value, int shift) { return (value + (int64_t{1} << (shift - 1))) >> shift; }

// Calls with 0 .. N-1 as constants, so that arrays of registers are registers.
template <int N, class F>
[[gnu::always_inline]] inline void unrolled(F&& function) {
  if constexpr (N > 0) {
    unrolled<N - 1>(function);
    function(std::integral_constant<int, N - 1>{});
  }
}

#define EARNEST_EACH(index) [&](auto index) __attribute__((always_inline))

template <class F>
inline void with_type(Type type, F function) {
  switch (type) {
    case Type::i8: function(static_cast<int8_t*>(nullptr)); break;
    case Type::u8: function(static_cast<uint8_t*>(nullptr)); break;
    case Type::i16: function(static_cast<int16_t*>(nullptr)); break;
    case Type::u16: function(static_cast<uint16_t*>(nullptr)); break;
    case Type::i32: function(static_cast<int32_t*>(nullptr)); break;
    case Type::u32: function(static_cast<uint32_t*>(nullptr)); break;
  }
}

// E3 of one sum; `column` picks its multiplier.
inline int64_t requantized(int32_t acc, const Requantize& to, int column) {
  int64_t product = int64_t{acc} * to.multiplier[column];
  return clamp(shift_round(product, to.shift[lane(column)]) + to.zero_point, to.low, to.high);
}

template <class A, class B, int Codes>
void product(const Product& p) {
  for (int row = 0; row < p.rows; ++row) {
    const A* a = reinterpret_cast<const A*>(static_cast<const char*>(p.a) + row * p.a_stride);
    char* out = static_cast<char*>(p.out) + row * p.out_stride;
    for (int group = 0; group * kGroup < p.columns; ++group) {
      const B* b = reinterpret_cast<const B*>(static_cast<const char*>(p.b) + group * p.b_stride);
      const int first = group * kGroup, count = smaller(kGroup, p.columns - first);
      uint32_t sums[kGroup];
      for (int c = 0; c < kGroup; ++c) sums[c] = static_cast<uint32_t>(p.init[first + c]);
      for (int k = 0; k < p.depth; ++k)
        for (int c = 0; c < kGroup; ++c)
          for (int i = 0; i < Codes; ++i)
            sums[c] += static_cast<uint32_t>(int32_t{a[k * Codes + i]} * int32_t{b[(k * kGroup + c) * Codes + i]});
      if (p.requantize == nullptr) {
        for (int c = 0; c < count; ++c) reinterpret_cast<int32_t*>(out)[first + c] = static_cast<int32_t>(sums[c]);
        continue;
      }
      with_type(p.requantize->type, [&](auto* tag) {
        auto* to = reinterpret_cast<decltype(tag)>(out) + first;
        for (int c = 0; c < count; ++c)
          to[c] = static_cast<std::remove_reference_t<decltype(*to)>>(
              requantized(static_cast<int32_t>(sums[c]), *p.requantize, first + c));
      });
    }
  }
}

template <int Bits>
void unpack_plane(const uint8_t* plane, int blocks, int shift, uint8_t* codes) {
  constexpr int kParts = 8 / Bits;
  constexpr uint8_t kMask = (1 << Bits) - 1;
  for (int block = 0; block < blocks; ++block) {
    const uint8_t* bytes = plane + (block / kParts) * kGroupBytes;
    uint8_t* to = codes + block * kGroupBytes;
    const int down = (block % kParts) * Bits;
    if (shift == 0)
      for (int i = 0; i < kGroupBytes; ++i) to[i] = (bytes[i] >> down) & kMask;
    else
      for (int i = 0; i < kGroupBytes; ++i) to[i] |= static_cast<uint8_t>(((bytes[i] >> down) & kMask) << shift);
  }
}

void unpack8(const PackedWeights& weights, int blocks, int8_t* out) {
  uint8_t* codes = reinterpret_cast<uint8_t*>(out);
  int shift = 0;
  if (weights.bits & 4) {
    unpack_plane<4>(weights.planes[0], blocks, shift, codes);
    shift += 4;
  }
  if (weights.bits & 2) {
    unpack_plane<2>(weights.planes[1], blocks, shift, codes);
    shift += 2;
  }
  if (weights.bits & 1) unpack_plane<1>(weights.planes[2], blocks, shift, codes);
  const int count = blocks * kGroupBytes;
  if (weights.odd) {
    const uint8_t limit = static_cast<uint8_t>((1 << weights.bits) - 1);
    for (int i = 0; i < count; ++i) codes[i] = static_cast<uint8_t>(2 * codes[i] - limit);
  } else {
    const uint8_t sign = static_cast<uint8_t>(1 << (weights.bits - 1));
    for (int i = 0; i < count; ++i) codes[i] = static_cast<uint8_t>((codes[i] ^ sign) - sign);
  }
}

void unpack16(const int8_t* codes, int blocks, int16_t* out) {
  for (int block = 0; block < blocks; ++block)
    for (int half = 0; half < 2; ++half)
      for (int c = 0; c < kGroup; ++c)
        for (int i = 0; i < 2; ++i)
          out[((block * 2 + half) * kGroup + c) * 2 + i] = codes[(block * kGroup + c) * 4 + half * 2 + i];
}

void stage8(const void* codes, Type type, int count, uint8_t* out) {
  const uint8_t* from = static_cast<const uint8_t*>(codes);
  const uint8_t flip = type == Type::i8 ? 0x80 : 0;
  for (int i = 0; i < count; ++i) out[i] = from[i] ^ flip;
}

void stage16(const void* codes, Type type, int count, int16_t* out) {
  const int32_t offset = type == Type::u16 ? 32768 : 0;
  with_type(type, [&](auto* tag) {
    const auto* from = static_cast<decltype(tag)>(const_cast<void*>(codes));
    for (int i = 0; i < count; ++i) out[i] = static_cast<int16_t>(static_cast<int32_t>(from[i]) - offset);
  });
}

void scale(const int32_t* acc, int count, int32_t offset, const Scale& s, void* out) {
  const int64_t multiplier = s.multiplier, half = int64_t{1} << (s.shift - 1), zero = s.zero_point;
  const int64_t low = s.low, high = s.high;
  const int shift = s.shift;
  with_type(s.type, [&](auto* tag) {
    auto* to = static_cast<decltype(tag)>(out);
    for (int i = 0; i < count; ++i) {
      const int32_t sum = static_cast<int32_t>(static_cast<uint32_t>(acc[i]) + static_cast<uint32_t>(offset));
      to[i] = static_cast<std::remove_reference_t<decltype(*to)>>(
          clamp(((int64_t{sum} * multiplier + half) >> shift) + zero, low, high));
    }
  });
}

template <class A, class B, class Y>
void add_two(const A* a, const B* b, bool b_one, const Term* terms, int count, const Sum& s, Y* out) {
  const int64_t ma = terms[0].multiplier, mb = terms[1].multiplier, low = s.low, high = s.high, z = s.zero_point;
  // All of it below 2^52 (E13), in whatever order.
  const int64_t rest = (int64_t{1} << (s.shift - 1)) - terms[0].zero_point * ma - terms[1].zero_point * mb;
  const int shift = s.shift;
  if (b_one) {
    const int64_t more = rest + int64_t{*b} * mb;
    for (int i = 0; i < count; ++i) out[i] = static_cast<Y>(clamp(((int64_t{a[i]} * ma + more) >> shift) + z, low, high));
  } else {
    for (int i = 0; i < count; ++i)
      out[i] = static_cast<Y>(clamp(((int64_t{a[i]} * ma + int64_t{b[i]} * mb + rest) >> shift) + z, low, high));
  }
}

void add_any(const Term* terms, int number, int count, const Sum& s, void* out) {
  constexpr int kChunk = 256;
  int64_t sums[kChunk];
  for (int first = 0; first < count; first += kChunk) {
    const int part = smaller(kChunk, count - first);
    for (int i = 0; i < part; ++i) sums[i] = int64_t{1} << (s.shift - 1);
    for (int t = 0; t < number; ++t)
      with_type(terms[t].type, [&](auto* tag) {
        const auto* from = static_cast<decltype(tag)>(const_cast<void*>(terms[t].codes));
        const int64_t m = terms[t].multiplier, zero = terms[t].zero_point;
        if (terms[t].broadcast)
          for (int i = 0; i < part; ++i) sums[i] += (int64_t{*from} - zero) * m;
        else
          for (int i = 0; i < part; ++i) sums[i] += (int64_t{from[first + i]} - zero) * m;
      });
    with_type(s.type, [&](auto* tag) {
      auto* to = static_cast<decltype(tag)>(out) + first;
      for (int i = 0; i < part; ++i)
        to[i] = static_cast<std::remove_reference_t<decltype(*to)>>(
            clamp((sums[i] >> s.shift) + s.zero_point, s.low, s.high));
    });
  }
}

// The pairs of widths that models are made of have loops of their own; a multiplier of 32 bits at most keeps the products
// in instructions that every set has.
void add(const Term* terms, int number, int count, const Sum& s, void* out) {
  const bool plain = number == 2 && !terms[0].broadcast && (s.type == Type::i8 || s.type == Type::i16);
  if (!plain) return add_any(terms, number, count, s, out);
  const Type a = terms[0].type, b = terms[1].type;
  const auto run = [&](auto* left, auto* right) {
    const auto* x = static_cast<decltype(left)>(const_cast<void*>(terms[0].codes));
    const auto* y = static_cast<decltype(right)>(const_cast<void*>(terms[1].codes));
    if (s.type == Type::i8) add_two(x, y, terms[1].broadcast, terms, count, s, static_cast<int8_t*>(out));
    else add_two(x, y, terms[1].broadcast, terms, count, s, static_cast<int16_t*>(out));
  };
  int8_t* const byte = nullptr;
  int16_t* const word = nullptr;
  int32_t* const wide = nullptr;
  if (a == Type::i8 && b == Type::i8) run(byte, byte);
  else if (a == Type::i16 && b == Type::i16) run(word, word);
  else if (a == Type::i16 && b == Type::i8) run(word, byte);
  else if (a == Type::i8 && b == Type::i16) run(byte, word);
  else if (a == Type::i32 && b == Type::i32) run(wide, wide);
  else add_any(terms, number, count, s, out);
}

void multiply(const void* left, Type left_type, int32_t left_zero, const void* right, Type right_type,
              int32_t right_zero, int count, const Scale& s, void* out) {
  constexpr int kChunk = 256;
  int32_t a[kChunk];
  const auto widened = [](const void* codes, Type type, int first, int part, int32_t zero, int32_t* to) {
    with_type(type, [&](auto* tag) {
      const auto* from = static_cast<decltype(tag)>(const_cast<void*>(codes)) + first;
      for (int i = 0; i < part; ++i) to[i] = static_cast<int32_t>(from[i]) - zero;
    });
  };
  int32_t b[kChunk];
  for (int first = 0; first < count; first += kChunk) {
    const int part = smaller(kChunk, count - first);
    widened(left, left_type, first, part, left_zero, a);
    widened(right, right_type, first, part, right_zero, b);
    for (int i = 0; i < part; ++i) a[i] *= b[i];
    scale(a, part, 0, s, static_cast<char*>(out) + static_cast<ptrdiff_t>(first) * size_of(s.type));
  }
}

void table(const uint8_t* codes, int count, uint8_t flip, const void* entries, Type type, void* out) {
  if (size_of(type) == 1) {
    const uint8_t* from = static_cast<const uint8_t*>(entries);
    uint8_t* to = static_cast<uint8_t*>(out);
    for (int i = 0; i < count; ++i) to[i] = from[codes[i] ^ flip];
  } else {
    const uint16_t* from = static_cast<const uint16_t*>(entries);
    uint16_t* to = static_cast<uint16_t*>(out);
    for (int i = 0; i < count; ++i) to[i] = from[codes[i] ^ flip];
  }
}

void interpolate(const int16_t* codes, int count, const int32_t* entries, int32_t low, int32_t high, Type type,
                 void* out) {
  with_type(type, [&](auto* tag) {
    auto* to = static_cast<decltype(tag)>(out);
    for (int i = 0; i < count; ++i) {
      const int32_t u = codes[i] + 32768, index = u >> 7, fraction = u & 127;
      const int64_t left = entries[index], right = entries[index + 1];
      const int64_t value = 128 * left + (right - left) * fraction;
      to[i] = static_cast<std::remove_reference_t<decltype(*to)>>(clamp(shift_round(value, 15), low, high));
    }
  });
}

void gate(const uint8_t* linear, Type type, int32_t zero, const uint8_t* codes, uint8_t flip, const int16_t* entries,
          int count, const Scale& s, void* out) {
  constexpr int kChunk = 256;
  int32_t products[kChunk];
  const int32_t offset = type == Type::i8 ? 128 : 0;
  const uint8_t sign = type == Type::i8 ? 0x80 : 0;
  for (int first = 0; first < count; first += kChunk) {
    const int part = smaller(kChunk, count - first);
    int16_t factors[kChunk];
    table(codes + first, part, flip, entries, Type::i16, factors);
    for (int i = 0; i < part; ++i)
      products[i] = (int32_t{static_cast<uint8_t>(linear[first + i] ^ sign)} - offset - zero) * factors[i];
    scale(products, part, 0, s, static_cast<char*>(out) + static_cast<ptrdiff_t>(first) * size_of(s.type));
  }
}

template <class X, class Y>
void normalise_row(const X* x, int count, const Norm& norm, Y* out) {
  const int64_t zero = norm.input_zero_point;
  int64_t sum = 0, squares = 0;
  if (norm.centred)
    for (int c = 0; c < count; ++c) sum += x[c] - zero;
  for (int c = 0; c < count; ++c) squares += (x[c] - zero) * (x[c] - zero);
  int64_t root;
  int k;
  inverse_root(count * squares - sum * sum + norm.epsilon, root, k);
  const int shift = 16 + k;
  const int64_t half = int64_t{1} << (shift - 1);
  for (int c = 0; c < count; ++c) {
    const int64_t normalised = ((count * (x[c] - zero) - sum) * root + half) >> shift;
    const int64_t scaled = (normalised * norm.multiplier[c] + norm.bias[lane(c)]) >> norm.shift[lane(c)];
    out[c] = static_cast<Y>(clamp(scaled + norm.zero_point, norm.low, norm.high));
  }
}

void normalise(const void* codes, Type type, ptrdiff_t stride, int rows, int count, const Norm& norm, void* out,
               ptrdiff_t out_stride) {
  for (int row = 0; row < rows; ++row)
    with_type(type, [&](auto* x_tag) {
      with_type(norm.type, [&](auto* y_tag) {
        const char* from = static_cast<const char*>(codes) + row * stride;
        char* to = static_cast<char*>(out) + row * out_stride;
        normalise_row(reinterpret_cast<decltype(x_tag)>(const_cast<char*>(from)), count, norm,
                      reinterpret_cast<decltype(y_tag)>(to));
      });
    });
}

template <class X>
int32_t highest(const X* x, int count) {
  X top = x[0];
  for (int i = 1; i < count; ++i) top = larger(top, x[i]);
  return static_cast<int32_t>(top);
}

// p = (e R + 2^30) >> 31 in place of e, with R of the row.
void divide_row(int16_t* row, int count, int64_t sum) {
  const uint64_t reciprocal = (uint64_t{32767} << 31) / static_cast<uint64_t>(sum);
  for (int i = 0; i < count; ++i)
    row[i] = static_cast<int16_t>((static_cast<uint64_t>(row[i]) * reciprocal + (uint64_t{1} << 30)) >> 31);
}

void softmax(const void* codes, Type type, int count, const SoftmaxTables& tables, int16_t* out) {
  with_type(type, [&](auto* tag) {
    const auto* x = static_cast<decltype(tag)>(const_cast<void*>(codes));
    const int32_t top = highest(x, count), mask = (1 << tables.fine_bits) - 1;
    int64_t sum = 0;
    for (int i = 0; i < count; ++i) {
      const int32_t distance = top - static_cast<int32_t>(x[i]);
      uint32_t e = tables.coarse[distance >> tables.fine_bits];
      if (tables.fine_bits != 0) e = (e * tables.fine[distance & mask] + (1u << 14)) >> 15;
      out[i] = static_cast<int16_t>(e);
      sum += e;
    }
    divide_row(out, count, sum);
  });
}

void exponential(const void* codes, Type type, int count, const uint8_t* entries, uint8_t* out) {
  with_type(type, [&](auto* tag) {
    const auto* x = static_cast<decltype(tag)>(const_cast<void*>(codes));
    const int32_t top = highest(x, count);
    for (int i = 0; i < count; ++i) out[i] = entries[top - static_cast<int32_t>(x[i])];
  });
}

void interleave(const void* first, const void* second, Type type, int count, int16_t* out) {
  with_type(type, [&](auto* tag) {
    const auto* a = static_cast<decltype(tag)>(const_cast<void*>(first));
    const auto* b = static_cast<decltype(tag)>(const_cast<void*>(second));
    for (int i = 0; i < count; ++i) {
      out[2 * i] = static_cast<int16_t>(a[i]);
      out[2 * i + 1] = static_cast<int16_t>(b[i]);
    }
  });
}

void depthwise(const Depthwise& d) {
  for (int row = 0; row < d.rows; ++row) {
    const int16_t* pairs = d.pairs + static_cast<ptrdiff_t>(row) * d.row_step * d.channels * 2;
    char* out = static_cast<char*>(d.out) + row * d.out_stride;
    for (int c = 0; c < d.channels; ++c) {
      uint32_t sum = static_cast<uint32_t>(d.init[c]);
      for (int t = 0; t < d.pairs_count; ++t) {
        const int16_t* x = pairs + (static_cast<ptrdiff_t>(t) * d.pair_step * d.channels + c) * 2;
        const int16_t* w = d.weights + (static_cast<ptrdiff_t>(t) * d.channels + c) * 2;
        sum += static_cast<uint32_t>(x[0] * w[0] + x[1] * w[1]);
      }
      const int64_t code = requantized(static_cast<int32_t>(sum), *d.requantize, c);
      with_type(d.requantize->type, [&](auto* tag) {
        auto* to = reinterpret_cast<decltype(tag)>(out);
        to[c] = static_cast<std::remove_reference_t<decltype(*to)>>(code);
      });
    }
  }
}

constexpr Kernels kPlain = {
    "portable", false,     false,     nullptr, product<int16_t, int16_t, 2>, unpack8, unpack16,    stage8,     stage16,  scale, add,
    multiply,   table,     interpolate, gate, normalise, softmax, exponential, interleave, depthwise,
};

}  // namespace
}  // namespace earnest
