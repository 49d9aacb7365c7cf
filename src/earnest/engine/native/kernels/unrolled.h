// Loops whose counter is a constant.
#pragma once

#include <type_traits>

namespace earnest {
namespace {

// Calls with 0 .. N-1 as constants, so that arrays of registers are registers.
template <int N, class F>
[[gnu::always_inline]] inline void unrolled(F&& function) {
  if constexpr (N > 0) {
    unrolled<N - 1>(function);
    function(std::integral_constant<int, N - 1>{});
  }
}

// NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a parameter
#define EARNEST_EACH(index) [&](auto index) __attribute__((always_inline))

}  // namespace
}  // namespace earnest
