// A plan: what runs for one length of each input. Every shape, place and pointer step is known before the first code.
//
// A *storage* holds batch x rows x columns codes. A *task* makes one storage, row by row. A *strip* is a run of tasks
// over the same rows, each of which reads only its own rows of what the strip has made: a thread takes some rows, a
// *tile*, through all tasks of the strip, and what no other strip reads never leaves its scratch memory. Strips that do
// not wait for each other form a *phase*. Everything between phases lies in one arena, at places given by lifetimes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/kernels.h"
#include "memory/vector.h"
#include "plan/view.h"
#include "program/dimension.h"

namespace earnest {

enum class Place : uint8_t { arena, scratch, constant, input, output };

struct Storage {
  Type type = Type::i8;
  int64_t batch = 1, rows = 1, columns = 1;
  int64_t batch_stride = 0, row_stride = 0;  // elements
  Place place = Place::arena;
  int task = -1;               // what makes it; -1: a constant or the input
  const void* data = nullptr;  // of a constant
  int64_t position = 0;        // in the arena, or in the scratch memory of a tile
  int port = -1;               // which of the inputs or of the outputs

  int64_t elements() const { return batch * rows * columns; }
  int64_t bytes() const { return elements() * size_of(type); }
};

// How a task reads a storage. A whole access may read any of it; any other reads row m of batch b from element
// offset + b batch_stride + m row_stride on, `columns` of them, `column_stride` 0 (one code for the row) or 1.
struct Access {
  int storage = -1;
  int64_t offset = 0, batch_stride = 0, row_stride = 0, column_stride = 1, columns = 1;
  bool whole = false;
  View view;  // of a whole access
};

struct Rows {
  char* data;
  ptrdiff_t step;  // bytes
  bool slack;      // kSlack bytes behind the last row may be read, whatever they hold
};

constexpr int64_t kSlack = 64;

constexpr int kMostOperands = 32;

// Some rows of one batch of a task, with every operand resolved.
struct Tile {
  const Kernels* kernels;
  int64_t batch, first;
  int rows;
  Rows out;
  Rows in[kMostOperands];  // of a whole access: where the storage begins
  char* workspace;
};

// Which columns of row m somebody reads: from offset + m skew on.
struct Window {
  int64_t offset, skew, columns;
};

class Task {
 public:
  std::string name;
  const char* kind = "";
  bool prepares = false;  // makes no value, but an operand of another task
  int64_t batch = 1, rows = 1;
  int out = -1;
  Vector<Access> in;
  Vector<Window> windows;  // empty: all columns are read

  virtual ~Task() = default;
  virtual int64_t workspace(int /*rows*/) const { return 0; }  // bytes
  virtual void run(const Tile& tile) const = 0;
};

struct Strip {
  Vector<int> tasks;
  int64_t batch = 1, rows = 1;
  int tile_rows = 1;
  int64_t tiles = 0;      // of all batches
  int64_t workspace = 0;  // at the start of the scratch memory
  int64_t scratch = 0;    // workspace included
};

struct Phase {
  Vector<int> strips;
  int64_t tiles = 0;
};

struct Output {
  int storage = -1;
  Axes shape;
  Type type = Type::i8;
};

struct Plan {
  Lengths lengths;
  Vector<Storage> storages;
  Vector<std::unique_ptr<Task>> tasks;  // in the order of the program
  Vector<Strip> strips;
  Vector<Phase> phases;
  Vector<Output> outputs;
  int64_t arena = 0, scratch = 0;  // bytes; scratch is that of one thread
};

// Strips, phases and places for tasks that are there. `threads` decides how finely rows are cut, nothing else.
void arrange(Plan& plan, int threads);

}  // namespace earnest
