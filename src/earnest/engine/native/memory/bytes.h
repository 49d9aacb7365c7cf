// Memory by the byte. Sizes are signed, as all counts here are: one of the two places where they become size_t.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

namespace earnest {

constexpr int64_t kAlignment = 64;

// The next boundary of a cache line.
constexpr int64_t aligned(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

inline void copy_bytes(void* to, const void* from, int64_t count) { std::memcpy(to, from, static_cast<size_t>(count)); }
inline void clear_bytes(void* at, int64_t count) { std::memset(at, 0, static_cast<size_t>(count)); }

// Bytes on the boundary of a cache line, all of them 0 at first.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(int64_t size);
  uint8_t* data() { return data_.get(); }
  const uint8_t* data() const { return data_.get(); }
  int64_t size() const { return size_; }

 private:
  struct Free {
    void operator()(uint8_t* data) const;
  };
  std::unique_ptr<uint8_t, Free> data_;
  int64_t size_ = 0;
};

}  // namespace earnest
