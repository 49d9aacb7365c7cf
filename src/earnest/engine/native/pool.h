// Threads of one engine: they run one function together, and wait for each other between its parts.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace earnest {

class Pool {
 public:
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return threads_; }

  // Runs `work(thread)` on every thread, 0 being the caller's; returns when all are done.
  void run(void (*work)(void* state, int thread), void* state);

  // Called by every thread inside `run`: none goes on before all have come. What was written before is seen after.
  void wait();

 private:
  void serve(int thread);

  const int threads_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable begun_;
  uint64_t job_ = 0;
  bool stopped_ = false;
  void (*work_)(void*, int) = nullptr;
  void* state_ = nullptr;
  std::atomic<int> arrived_{0};
  std::atomic<uint32_t> generation_{0};
};

}  // namespace earnest
