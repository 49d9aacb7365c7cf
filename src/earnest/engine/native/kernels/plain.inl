// The inner loops in plain integers. Every instruction set compiles this file in a namespace of its own and with its
// own flags, then puts what it does better by hand in the place of what stands here. Nothing here uses floating point.
//
// Left shifts of negatives and signed wrap are undefined in C++17: where a value may wrap it is unsigned, and shifts to
// the left are products. `>>` of a negative is arithmetic in every compiler that this is built with.

#pragma once

#include "kernels/plain_codes.inl"
#include "kernels/plain_elements.inl"
#include "kernels/plain_products.inl"
#include "kernels/plain_rows.inl"

namespace earnest {
namespace {

constexpr Kernels kPlain = {
    "portable", false,    false,       nullptr,     product<int16_t, int16_t, 2>,
    unpack8,    unpack16, stage8,      stage16,     scale,
    add,        multiply, table,       interpolate, gate,
    normalise,  softmax,  exponential, interleave,  depthwise,
};

}  // namespace
}  // namespace earnest
