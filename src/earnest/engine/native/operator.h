// An operator of a program, ready for any length: its constants as the kernels want them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plan.h"
#include "record.h"
#include "row_space.h"

namespace earnest {

struct Value {
  View view;
  Type type = Type::i8;
  int bits = 8;
  bool is_signed = true;
  int64_t row_sum = 0;  // no row of |codes| sums to more; 0: unknown

  int64_t centred(int64_t zero_point) const;  // the largest |code - zero_point|
};

// What the binding of one operator may ask for.
class Binder {
 public:
  Binder(Plan& plan, const Kernels& kernels) : plan_(plan), kernels_(kernels) {}

  const Lengths& lengths() const { return plan_.lengths; }
  const Kernels& kernels() const { return kernels_; }
  const Storage& storage(int index) const { return plan_.storages[static_cast<size_t>(index)]; }

  // A storage in the row space; `interleaved` puts the batches of one row side by side, as heads of attention lie.
  int make(Type type, const RowSpace& space, bool interleaved = false);
  int add_constant(Type type, const Axes& shape, const void* data);
  int add_input(Type type, const Axes& shape, int port);

  // Adds a task over the rows of its storage; returns the value's view.
  View add(std::unique_ptr<Task> task, const std::string& name, const char* kind, const RowSpace& space, int storage,
           std::vector<Access> in, const Axes& shape);

  // The view, or a dense copy of it.
  View dense(const View& view, const std::string& name);

  // The row space of the first operand that has one to itself, or of the axes, and how each operand is read in it;
  // operands that cannot be are copied. With `rowwise` the columns are the last axis. Operands have `shape` after
  // broadcasting, their last axis excepted where `rowwise`.
  RowSpace share(std::vector<View>& operands, const Axes& shape, bool rowwise, const std::string& name,
                 std::vector<Access>& accesses);

 private:
  Plan& plan_;
  const Kernels& kernels_;
};

Access whole(const View& view);

class Operator {
 public:
  explicit Operator(const Record& record) : name(record.name), inputs(record.inputs) {}
  virtual ~Operator() = default;
  // The value for its operands' values; adds the tasks that make it.
  virtual Value bind(Binder& binder, const std::vector<const Value*>& operands) const = 0;
  virtual size_t weight_bytes() const { return 0; }

  // Whether this operator can be bound together with the one that makes its operand `place`, which nobody else reads.
  virtual bool absorbs(const Operator& maker, size_t place) const {
    (void)maker, (void)place;
    return false;
  }
  // The value of both, from the operands of the maker and the other operands of this one.
  virtual Value bind_with(Binder& binder, const Operator& maker, const std::vector<const Value*>& of_maker, size_t place,
                          const std::vector<const Value*>& others) const;

  std::string name;
  std::vector<int> inputs;
};

std::unique_ptr<Operator> make_operator(const Record& record, const Kernels& kernels);

std::unique_ptr<Operator> make_linear(const Record&, const Kernels&);
std::unique_ptr<Operator> make_convolution(const Record&, const Kernels&);
std::unique_ptr<Operator> make_embedding(const Record&);
std::unique_ptr<Operator> make_recurrence(const Record&, const Kernels&);
std::unique_ptr<Operator> make_matmul(const Record&, const Kernels&);
std::unique_ptr<Operator> make_elementwise(const Record&);
std::unique_ptr<Operator> make_rowwise(const Record&);
std::unique_ptr<Operator> make_group_norm(const Record&);
std::unique_ptr<Operator> make_layout(const Record&);

}  // namespace earnest
