// AVX-512 with VNNI: 64 products of bytes, or 32 of words, in one instruction.
#include "kernels/avx512_elements.inl"
#include "kernels/avx512_norms.inl"
#include "kernels/avx512_products.inl"
#include "kernels/avx512_softmax.inl"
#include "kernels/avx512_tables.inl"
#include "kernels/plain.inl"

namespace earnest {

const Kernels& avx512_kernels() {
  static constexpr Kernels kernels = [] {
    Kernels k = kPlain;
    k.name = "avx512";
    k.bytes = k.adds = true;
    k.product8 = product<true>;
    k.product16 = product<false>;
    k.scale = scale512;
    k.add = add512;
    k.multiply = multiply512;
    k.table = table512;
    k.gate = gate512;
    k.normalise = normalise512;
    k.softmax = softmax512;
    k.exponential = exponential512;
    k.depthwise = depthwise512;
    return k;
  }();
  return kernels;
}

}  // namespace earnest
