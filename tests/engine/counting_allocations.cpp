// Preloaded, it counts how often memory is asked for.
#include <dlfcn.h>

#include <atomic>
#include <cstddef>

static std::atomic<long> count{0};

extern "C" {

long allocations() { return count.load(); }

void* malloc(size_t size) {
  using Malloc = void* (*)(size_t);
  static const Malloc real = reinterpret_cast<Malloc>(dlsym(RTLD_NEXT, "malloc"));
  ++count;
  return real(size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  using Aligned = void* (*)(size_t, size_t);
  static const Aligned real = reinterpret_cast<Aligned>(dlsym(RTLD_NEXT, "aligned_alloc"));
  ++count;
  return real(alignment, size);
}
}
