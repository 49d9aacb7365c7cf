// No instructions but those of general registers: a test compiles this file with -mgeneral-regs-only.
#include "kernels/plain.inl"

namespace earnest {

const Kernels& portable_kernels() {
  static constexpr Kernels kernels = [] {
    Kernels k = kPlain;
    k.bytes = true;
    k.product8 = product<uint8_t, int8_t, 4>;
    return k;
  }();
  return kernels;
}

}  // namespace earnest
