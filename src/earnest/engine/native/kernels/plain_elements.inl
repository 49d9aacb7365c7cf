// What makes each code from codes in the same place: E3, E13 to E17.
#pragma once

#include <type_traits>

#include "kernels/arithmetic.h"
#include "kernels/kernels.h"

namespace earnest {
namespace {

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
    for (int i = 0; i < count; ++i)
      out[i] = static_cast<Y>(clamp(((int64_t{a[i]} * ma + more) >> shift) + z, low, high));
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

// The pairs of widths that models are made of have loops of their own; a multiplier of 32 bits at most keeps the
// products in instructions that every set has.
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

}  // namespace
}  // namespace earnest
