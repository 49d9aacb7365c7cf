// A program, ready to run at any lengths that it is proved for.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "memory/bytes.h"
#include "plan/operator.h"
#include "plan/plan.h"
#include "pool.h"

namespace earnest {

struct InputSpec {
  Width width;
  Vector<Dimension> shape;
};

struct TaskTime {
  std::string name, kind;
  double seconds;
};

class Engine {
 public:
  // `outputs` are the places of the steps that make the outputs.
  Engine(const Vector<Record>& records, Vector<InputSpec> inputs, Vector<int> outputs, const std::string& isa,
         int threads);

  // The plan for some lengths; it is kept for the next call, here and by whoever holds it.
  std::shared_ptr<const Plan> plan(const Lengths& lengths);

  // Codes of one utterance to codes of the outputs, all dense. Allocates nothing after `plan`.
  void run(const Lengths& lengths, const Vector<const void*>& codes, const Vector<void*>& out);

  // As `run`, on one thread, with the seconds that each task took.
  Vector<TaskTime> profile(const Lengths& lengths, const Vector<const void*>& codes, const Vector<void*>& out);

  const char* isa() const { return kernels_.name; }
  int threads() const { return pool_.threads(); }
  int64_t weight_bytes() const;
  int64_t inputs() const { return inputs_.size(); }
  Type input_type(int64_t port) const { return inputs_.at(port).width.type(); }
  Axes input_shape(int64_t port, const Lengths& lengths) const;

 private:
  struct Ready {
    Plan plan;
    Vector<char*> bases;                   // of each storage; null for scratch
    Vector<std::atomic<int64_t>> claimed;  // tiles of each phase
  };

  // Finds operators that are bound together with the one that makes an operand of theirs.
  void pair();
  Value bind(int index, Binder& binder, const Vector<Value>& inputs, const Vector<Value>& values) const;
  void hand_out(Binder& binder, Plan& plan, const Vector<Value>& values) const;
  std::shared_ptr<Ready> make(const Lengths& lengths) const;
  Ready& ready(const Lengths& lengths);
  void attach(Ready& ready, const Vector<const void*>& codes, const Vector<void*>& out);
  void run_phases(Ready& ready, int thread);
  void run_tile(const Ready& ready, const Strip& strip, int64_t index, char* scratch, Vector<double>* seconds) const;

  const Kernels& kernels_;
  Vector<InputSpec> inputs_;
  Vector<int> outputs_;
  Vector<std::unique_ptr<Operator>> operators_;
  Vector<int> absorbed_by_;  // the operator that binds this one with itself; -1: none
  Pool pool_;
  std::mutex mutex_;
  std::list<std::shared_ptr<Ready>> recent_;
  Bytes arena_;
  Vector<Bytes> scratch_;  // one for each thread
};

}  // namespace earnest
