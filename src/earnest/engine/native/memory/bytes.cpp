#include "memory/bytes.h"

#include <new>

namespace earnest {

Bytes::Bytes(int64_t size) : size_(size) {
  if (size == 0) return;
  data_.reset(static_cast<uint8_t*>(::operator new(static_cast<size_t>(size), std::align_val_t{kAlignment})));
  clear_bytes(data_.get(), size);
}

void Bytes::Free::operator()(uint8_t* data) const { ::operator delete(data, std::align_val_t{kAlignment}); }

}  // namespace earnest
