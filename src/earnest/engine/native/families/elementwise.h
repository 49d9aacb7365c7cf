// Operators that make each code from codes in the same place, after broadcasting.
#pragma once

#include <memory>
#include <utility>

#include "plan/operator.h"

namespace earnest {

// A task whose operands are read in its rows. Where nothing is broadcast and rows lie behind each other in all of them,
// the tile is one long row.
class ElementTask : public Task {
 public:
  int64_t columns = 1;
  Vector<Type> types;
  Type out_type = Type::i8;

  void run(const Tile& tile) const override;
  virtual void line(const Tile& tile, const char* const* codes, int count, char* out) const = 0;

 protected:
  // A kernel reads codes in their places; one code for the row is spread out before.
  const char* spread(const char* codes, int operand, int count, char* workspace) const;
};

class Elementwise : public Operator {
 public:
  Elementwise(const Record& record, Width width) : Operator(record), width_(width) {}

 protected:
  Value make(Binder& binder, Vector<View> views, const Axes& shape, std::unique_ptr<ElementTask> task,
             const Vector<Type>& types) const;

  // E3 of products that are at most `largest`.
  Scale scale(const Record& record, int64_t largest) const;

  Width width_;
};

}  // namespace earnest
