#include "families/rowwise.h"

namespace earnest {

Value Rowwise::make(Binder& binder, const Value& x, std::unique_ptr<RowTask> task) const {
  Vector<View> views{binder.contiguous(x.view, name)};
  Vector<Access> accesses;
  const RowSpace space = binder.share(views, x.view.shape, true, name, accesses);
  task->columns = static_cast<int>(space.columns);
  task->type = x.type();
  return made(binder, std::move(task), width_, space, accesses, x.view.shape);
}

Value OverScores::make(Binder& binder, const Value& x, std::unique_ptr<ScoreTask> task) const {
  if (!masked_) return Rowwise::make(binder, x, std::move(task));
  // Rows are queries and nothing else, so that the number of a row says what it sees.
  const Axes& shape = x.view.shape;
  View view = binder.contiguous(x.view, name);
  const RowSpace space = space_of_axes(shape, 1, shape.count - 2);
  Access access;
  if (!express(view, space, access)) {
    view = binder.dense(view, name);
    express(view, space, access);
  }
  task->columns = static_cast<int>(space.columns);
  task->type = x.type();
  task->seen_by_first = task->columns - static_cast<int>(space.rows) + 1;
  return made(binder, std::move(task), width_, space, {access}, shape);
}

}  // namespace earnest
