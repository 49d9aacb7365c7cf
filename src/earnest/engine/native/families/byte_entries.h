// Tables by the byte: the entry of each code of at most 8 bits, in the order of unsigned bytes.
#pragma once

#include "program/record.h"

namespace earnest {

// What turns a code of the width into the byte that picks its entry.
constexpr uint8_t flip_of(bool is_signed) { return is_signed ? 0x80 : 0; }

// Every byte has an entry, those that are no code of a narrow width too: they do not occur. Kernels read 64 bytes at a
// time, up to so many behind the last.
Vector<uint8_t> byte_entries(const Array& entries, Width codes, int entry_bytes);

}  // namespace earnest
