// A program, ready to run at any lengths that it is proved for.
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
  // `outputs` are the places of the steps that make the outputs.
  Engine(const std::vector<Record>& records, std::vector<InputSpec> inputs, std::vector<int> outputs, const std::string& isa,
         int threads);

  // The plan for some lengths; it is kept for the next call, here and by whoever holds it.
  std::shared_ptr<const Plan> plan(const Lengths& lengths);

  // Codes of one utterance to codes of the outputs, all dense. Allocates nothing after `plan`.
  void run(const Lengths& lengths, const std::vector<const void*>& codes, const std::vector<void*>& out);

  // As `run`, on one thread, with the seconds that each task took.
  std::vector<TaskTime> profile(const Lengths& lengths, const std::vector<const void*>& codes, const std::vector<void*>& out);

  const char* isa() const { return kernels_.name; }
  int threads() const { return pool_.threads(); }
  size_t weight_bytes() const;
  size_t inputs() const { return inputs_.size(); }
  Type input_type(size_t port) const { return container(inputs_.at(port).bits, inputs_.at(port).is_signed); }
  Axes input_shape(size_t port, const Lengths& lengths) const;

 private:
  struct Ready {
    Plan plan;
    std::vector<char*> bases;  // of each storage; null for scratch
    std::unique_ptr<std::atomic<int64_t>[]> claimed;  // tiles of each phase
  };

  // Finds operators that are bound together with the one that makes an operand of theirs.
  void pair();
  Value bind(size_t index, Binder& binder, const std::vector<Value>& inputs, const std::vector<Value>& values) const;
  void hand_out(Binder& binder, Plan& plan, const std::vector<Value>& values) const;
  std::shared_ptr<Ready> make(const Lengths& lengths) const;
  Ready& ready(const Lengths& lengths);
  void attach(Ready& ready, const std::vector<const void*>& codes, const std::vector<void*>& out);
  void run_phases(Ready& ready, int thread);
  void run_tile(const Ready& ready, const Strip& strip, int64_t index, char* scratch, std::vector<double>* seconds) const;

  const Kernels& kernels_;
  std::vector<InputSpec> inputs_;
  std::vector<int> outputs_;
  std::vector<std::unique_ptr<Operator>> operators_;
  std::vector<int> absorbed_by_;  // the operator that binds this one with itself; -1: none
  Pool pool_;
  std::mutex mutex_;
  std::list<std::shared_ptr<Ready>> recent_;
  Bytes arena_;
  std::vector<Bytes> scratch_;  // one for each thread
};

}  // namespace earnest
