// Codes in memory: the smallest container of a width, and the integers that every kernel works with.
#pragma once

#include <cstddef>
#include <cstdint>

namespace earnest {

enum class Type : uint8_t { i8, u8, i16, u16, i32, u32 };

constexpr int size_of(Type type) {
  return type == Type::i8 || type == Type::u8 ? 1 : type == Type::i16 || type == Type::u16 ? 2 : 4;
}

// The container of `bits` bits, as `earnest.integer.codes.storage` has it.
constexpr Type container(int bits, bool is_signed) {
  if (bits <= 8) return is_signed ? Type::i8 : Type::u8;
  if (bits <= 16) return is_signed ? Type::i16 : Type::u16;
  return is_signed ? Type::i32 : Type::u32;
}

struct Range {
  int64_t low, high;
};

constexpr Range code_range(int bits, bool is_signed) {
  return is_signed ? Range{-(int64_t{1} << (bits - 1)), (int64_t{1} << (bits - 1)) - 1}
                   : Range{0, (int64_t{1} << bits) - 1};
}

// The codes of a value: so many bits, in their container.
struct Width {
  int bits = 8;
  bool is_signed = true;

  constexpr Type type() const { return container(bits, is_signed); }
  constexpr Range range() const { return code_range(bits, is_signed); }
  // The largest |code|, and the largest |code - zero_point|.
  constexpr int64_t magnitude() const { return centred(0); }
  constexpr int64_t centred(int64_t zero_point) const {
    const Range codes = range();
    return zero_point - codes.low > codes.high - zero_point ? zero_point - codes.low : codes.high - zero_point;
  }
};

inline int64_t load_code(const void* codes, Type type, ptrdiff_t index) {
  switch (type) {
    case Type::i8: return static_cast<const int8_t*>(codes)[index];
    case Type::u8: return static_cast<const uint8_t*>(codes)[index];
    case Type::i16: return static_cast<const int16_t*>(codes)[index];
    case Type::u16: return static_cast<const uint16_t*>(codes)[index];
    case Type::i32: return static_cast<const int32_t*>(codes)[index];
    default: return static_cast<const uint32_t*>(codes)[index];
  }
}

inline void store_code(void* codes, Type type, ptrdiff_t index, int64_t code) {
  switch (size_of(type)) {
    case 1: static_cast<uint8_t*>(codes)[index] = static_cast<uint8_t>(code); break;
    case 2: static_cast<uint16_t*>(codes)[index] = static_cast<uint16_t>(code); break;
    default: static_cast<uint32_t*>(codes)[index] = static_cast<uint32_t>(code);
  }
}

}  // namespace earnest
