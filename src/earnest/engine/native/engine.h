// A program, ready to run at any length that it is proved for.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "operator.h"
#include "plan.h"
#include "pool.h"
#include "weights.h"

namespace earnest {

struct InputSpec {
  int bits = 8;
  bool is_signed = true;
  std::vector<Dimension> shape;
};

struct TaskTime {
  std::string name, kind;
  double seconds;
};

class Engine {
 public:
  // `output` is the place of the step that makes the output.
  Engine(const std::vector<Record>& records, InputSpec input, int output, const std::string& isa, int threads);

  // The plan for a length; it is kept for the next call, here and by whoever holds it.
  std::shared_ptr<const Plan> plan(int64_t time);

  // Codes of one utterance to codes of the output, both dense. Allocates nothing after `plan`.
  void run(int64_t time, const void* codes, void* out);

  // As `run`, on one thread, with the seconds that each task took.
  std::vector<TaskTime> profile(int64_t time, const void* codes, void* out);

  const char* isa() const { return kernels_.name; }
  int threads() const { return pool_.threads(); }
  size_t weight_bytes() const;
  Type input_type() const { return container(input_.bits, input_.is_signed); }
  Axes input_shape(int64_t time) const;

 private:
  struct Ready {
    Plan plan;
    std::vector<char*> bases;  // of each storage; null for scratch
    std::unique_ptr<std::atomic<int64_t>[]> claimed;  // tiles of each phase
  };

  // Finds operators that are bound together with the one that makes an operand of theirs.
  void pair();
  Value bind(size_t index, Binder& binder, const Value& input, const std::vector<Value>& values) const;
  std::shared_ptr<Ready> make(int64_t time) const;
  Ready& ready(int64_t time);
  void attach(Ready& ready, const void* codes, void* out);
  void run_phases(Ready& ready, int thread);
  void run_tile(const Ready& ready, const Strip& strip, int64_t index, char* scratch, std::vector<double>* seconds) const;

  const Kernels& kernels_;
  InputSpec input_;
  int output_;
  std::vector<std::unique_ptr<Operator>> operators_;
  std::vector<int> absorbed_by_;  // the operator that binds this one with itself; -1: none
  Pool pool_;
  std::mutex mutex_;
  std::list<std::shared_ptr<Ready>> recent_;
  Bytes arena_;
  std::vector<Bytes> scratch_;  // one for each thread
};

}  // namespace earnest
