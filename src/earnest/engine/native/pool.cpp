#include "pool.h"

namespace earnest {
namespace {

constexpr int kSpins = 4000;

inline void relax() {
#ifdef __x86_64__
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

Pool::Pool(int threads) : threads_(threads) {
  for (int thread = 1; thread < threads; ++thread) workers_.emplace_back([this, thread] { serve(thread); });
}

Pool::~Pool() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  begun_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Pool::run(void (*work)(void*, int), void* state) {
  if (threads_ == 1) return work(state, 0);
  {
    const std::scoped_lock lock(mutex_);
    work_ = work;
    state_ = state;
    ++job_;
  }
  begun_.notify_all();
  work(state, 0);
  wait();
}

void Pool::serve(int thread) {
  uint64_t done = 0;
  while (true) {
    void (*work)(void*, int) = nullptr;
    void* state = nullptr;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      begun_.wait(lock, [&] { return stopped_ || job_ != done; });
      if (stopped_) return;
      done = job_;
      work = work_;
      state = state_;
    }
    work(state, thread);
    wait();
  }
}

// The last to come opens the next generation. A thread that waits long gives its core away: there may be fewer cores.
void Pool::wait() {
  if (threads_ == 1) return;
  const uint32_t generation = generation_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
    arrived_.store(0, std::memory_order_relaxed);
    generation_.store(generation + 1, std::memory_order_release);
    return;
  }
  for (int spin = 0; generation_.load(std::memory_order_acquire) == generation; ++spin) {
    if (spin < kSpins) relax();
    else std::this_thread::yield();
  }
}

}  // namespace earnest
