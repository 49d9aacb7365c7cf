// Operators over the last axis.
#pragma once

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
  int seen(const Tile& tile, int row) const {
    return seen_by_first == 0 ? columns : seen_by_first + static_cast<int>(tile.first) + row;
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
