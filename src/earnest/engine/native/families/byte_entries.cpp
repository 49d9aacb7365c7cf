#include "families/byte_entries.h"

#include "memory/bytes.h"

namespace earnest {

Vector<uint8_t> byte_entries(const Array& entries, Width codes, int entry_bytes) {
  Vector<uint8_t> table(256 * entry_bytes + 64);
  const Range range = codes.range();
  for (int64_t code = range.low; code <= range.high; ++code) {
    const int byte = static_cast<uint8_t>(code) ^ flip_of(codes.is_signed);
    const int64_t entry = entries[code - range.low];
    copy_bytes(table.data() + byte * entry_bytes, &entry, entry_bytes);
  }
  return table;
}

}  // namespace earnest
