// Operators over the last axis.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "plan/operator.h"

namespace earnest {

class RowTask : public Task {
 public:
  int columns = 1;
  Type type = Type::i8;
};

class Rowwise : public Operator {
 public:
  Rowwise(const Record& record, Width width) : Operator(record), width_(width) {}

 protected:
  Value make(Binder& binder, const Value& x, std::unique_ptr<RowTask> task) const;

  Width width_;
};

// A task over rows of scores, of which each query may see only the keys up to its own.
class ScoreTask : public RowTask {
 public:
  int seen_by_first = 0;  // keys that the first query sees; 0: every row sees all

 protected:
  // Calls `score(codes, count, out)` for the keys that each row sees; the others get 0.
  template <class T, class F>
  void each_row(const Tile& tile, F score) const {
    for (int row = 0; row < tile.rows; ++row) {
      const int count = seen_by_first == 0 ? columns : seen_by_first + static_cast<int>(tile.first) + row;
      T* out = reinterpret_cast<T*>(tile.out.data + row * tile.out.step);
      score(tile.in[0].data + row * tile.in[0].step, count, out);
      std::fill(out + count, out + columns, T{0});
    }
  }
};

class OverScores : public Rowwise {
 public:
  OverScores(const Record& record, Width width) : Rowwise(record, width), masked_(record.flag("masked")) {}

 protected:
  Value make(Binder& binder, const Value& x, std::unique_ptr<ScoreTask> task) const;

 private:
  bool masked_;
};

}  // namespace earnest
