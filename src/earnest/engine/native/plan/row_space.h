// A row space: which axes of a value count batches, rows, and the codes of a row.
#pragma once

#include "memory/vector.h"
#include "plan/plan.h"

namespace earnest {

struct RowSpace {
  Vector<int> batch_axes, row_axes, column_axes;  // outer to inner; axes of extent 1 are left out
  int64_t batch = 1, rows = 1, columns = 1;
};

// The row space in which the view covers its storage exactly as that lies in memory; false if it does not.
bool space_of_storage(const View& view, const Storage& storage, RowSpace& space);

// The last `inner` axes are the columns; of the others the first `outer` are batches.
RowSpace space_of_axes(const Axes& shape, int inner, int outer);

// Columns are the axes that lie closest together in the view, as far as they are one run of codes; the rest are rows.
RowSpace space_of_memory(const View& view);

// The view, broadcast to the shape of the space, as batches, rows and columns with one step each; false if it has more.
bool express(const View& view, const RowSpace& space, Access& access);

// The view of a new storage in a row space, `shape` being the value's.
View laid_out(int storage, const Storage& made, const Axes& shape, const RowSpace& space);

}  // namespace earnest
