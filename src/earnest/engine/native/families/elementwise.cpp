#include "families/elementwise.h"

#include "memory/bytes.h"
#include "weights/requantizer.h"

namespace earnest {

void ElementTask::run(const Tile& tile) const {
  bool together = tile.out.step == columns * size_of(out_type);
  for (int i = 0; i < in.size(); ++i)
    together = together && in[i].column_stride == 1 && tile.in[i].step == columns * size_of(types[i]);
  const int rows_at_once = together ? tile.rows : 1;
  for (int row = 0; row < tile.rows; row += rows_at_once) {
    const char* codes[kMostOperands];
    for (int i = 0; i < in.size(); ++i) codes[i] = tile.in[i].data + row * tile.in[i].step;
    line(tile, codes, static_cast<int>(columns) * rows_at_once, tile.out.data + row * tile.out.step);
  }
}

const char* ElementTask::spread(const char* codes, int operand, int count, char* workspace) const {
  if (in[operand].column_stride == 1) return codes;
  const int size = size_of(types[operand]);
  for (int i = 0; i < count; ++i) copy_bytes(workspace + i * size, codes, size);
  return workspace;
}

Value Elementwise::make(Binder& binder, Vector<View> views, const Axes& shape, std::unique_ptr<ElementTask> task,
                        const Vector<Type>& types) const {
  for (View& view : views) view = view.broadcast(shape);
  Vector<Access> accesses;
  const RowSpace space = binder.share(views, shape, false, name, accesses);
  task->columns = space.columns;
  task->types = types;
  task->out_type = width_.type();
  return made(binder, std::move(task), width_, space, accesses, shape);
}

Scale Elementwise::scale(const Record& record, int64_t largest) const {
  Scale scale = scale_of(record, width_);
  scale.wide =
      largest > INT32_MAX || leaves_32_bits(largest_product(largest, scale.multiplier), scale.shift, scale.zero_point);
  return scale;
}

}  // namespace earnest
