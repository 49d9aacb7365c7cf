// Codes on their way into a product: unpacked, staged, and two rows side by side.
#pragma once

#include "kernels/arithmetic.h"
#include "kernels/kernels.h"

namespace earnest {
namespace {

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
  if ((weights.bits & 4) != 0) {
    unpack_plane<4>(weights.planes[0], blocks, shift, codes);
    shift += 4;
  }
  if ((weights.bits & 2) != 0) {
    unpack_plane<2>(weights.planes[1], blocks, shift, codes);
    shift += 2;
  }
  if ((weights.bits & 1) != 0) unpack_plane<1>(weights.planes[2], blocks, shift, codes);
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

}  // namespace
}  // namespace earnest
