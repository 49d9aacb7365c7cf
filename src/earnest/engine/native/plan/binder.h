// What the binding of one operator may ask for: storages, tasks, and the rows in which operands are read.
#pragma once

#include <memory>
#include <string>

#include "plan/plan.h"
#include "plan/row_space.h"

namespace earnest {

class Binder {
 public:
  Binder(Plan& plan, const Kernels& kernels) : plan_(plan), kernels_(kernels) {}

  const Lengths& lengths() const { return plan_.lengths; }
  const Kernels& kernels() const { return kernels_; }
  const Storage& storage(int index) const { return plan_.storages[index]; }

  // A storage in the row space; `interleaved` puts the batches of one row side by side, as heads of attention lie.
  int make(Type type, const RowSpace& space, bool interleaved = false);
  int add_constant(Type type, const Axes& shape, const void* data);
  int add_input(Type type, const Axes& shape, int port);

  // Adds a task over the rows of its storage; returns the value's view.
  View add(std::unique_ptr<Task> task, const std::string& name, const char* kind, const RowSpace& space, int storage,
           Vector<Access> in, const Axes& shape);

  // The view, or a dense copy of it.
  View dense(const View& view, const std::string& name);

  // The view as batches and rows of its last axis, each row one run of codes; a copy where it is none.
  View contiguous(const View& view, const std::string& name);

  // The row space of the first operand that has one to itself, or of the axes, and how each operand is read in it;
  // operands that cannot be are copied. With `rowwise` the columns are the last axis. Operands have `shape` after
  // broadcasting, their last axis excepted where `rowwise`.
  RowSpace share(Vector<View>& operands, const Axes& shape, bool rowwise, const std::string& name,
                 Vector<Access>& accesses);

 private:
  Plan& plan_;
  const Kernels& kernels_;
};

Access whole(const View& view);

}  // namespace earnest
