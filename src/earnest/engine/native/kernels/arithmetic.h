// What every inner loop is made of. It stands in a namespace of each file's own: no code that is built for one
// instruction set may serve another.
#pragma once

#include "memory/codes.h"

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

// The sum whose residue modulo 2^32 this is, if it fits 32 bits.
inline int32_t modulo_32(int64_t value) {
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(value)));
}
inline int32_t wrapped_sum(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

// Calls `function` with a null pointer to the container of the codes.
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

}  // namespace
}  // namespace earnest
