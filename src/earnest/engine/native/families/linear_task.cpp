#include "families/linear_task.h"

namespace earnest {

int64_t LinearTask::workspace(int rows) const {
  return aligned(int64_t{rows} * weights->row_bytes()) + weights->workspace();
}

void LinearTask::run(const Tile& tile) const {
  const int64_t stride = weights->row_bytes();
  char* staged = tile.workspace;
  for (int row = 0; row < tile.rows; ++row) {
    char* to = staged + row * stride;
    weights->stage(*tile.kernels, tile.in[0].data + row * tile.in[0].step, type, weights->depth(), to);
    weights->end(to);
  }
  char* rest = staged + aligned(tile.rows * stride);
  weights->multiply(*tile.kernels, staged, tile.rows, tile.out.data, tile.out.step, rest);
}

}  // namespace earnest
