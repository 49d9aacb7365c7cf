#include "plan/plan.h"

#include <algorithm>
#include <utility>

#include "memory/bytes.h"
#include "program/refusal.h"

namespace earnest {
namespace {

constexpr int64_t kScratchTarget = 256 << 10;  // bytes of a tile that should stay in the second cache
constexpr int64_t kMostTileRows = 96, kFewestTileRows = 6;

bool same_rows(const Task& a, const Task& b) { return a.batch == b.batch && a.rows == b.rows; }

// Whether row m of the task reads nothing but row m of the storage.
bool row_aligned(const Access& access, const Storage& storage, const Task& task) {
  if (access.whole || storage.batch != task.batch || storage.rows != task.rows) return false;
  if (storage.batch > 1 && access.batch_stride != storage.batch_stride) return false;
  const int64_t skew = access.row_stride - (storage.rows > 1 ? storage.row_stride : access.row_stride);
  const int64_t reach = access.column_stride == 0 ? 1 : access.columns;
  const int64_t last = access.offset + (storage.rows - 1) * skew;
  return std::min(access.offset, last) >= 0 && std::max(access.offset, last) + reach <= storage.columns;
}

struct Interval {
  int storage;
  int64_t bytes;
  int from, to;
};

// Places that overlap only where lifetimes do not, the largest first; returns how much they take.
int64_t allocate(Vector<Interval>& intervals, Vector<Storage>& storages) {
  std::stable_sort(intervals.begin(), intervals.end(),
                   [](const Interval& a, const Interval& b) { return a.bytes > b.bytes; });
  Vector<const Interval*> placed;
  int64_t total = 0;
  for (const Interval& interval : intervals) {
    Vector<std::pair<int64_t, int64_t>> taken;
    for (const Interval* other : placed)
      if (other->from <= interval.to && interval.from <= other->to) {
        const int64_t position = storages[other->storage].position;
        taken.emplace_back(position, position + other->bytes);
      }
    std::sort(taken.begin(), taken.end());
    int64_t position = 0;
    for (const auto& [begin, end] : taken) {
      if (begin >= position + interval.bytes) break;
      position = std::max(position, end);
    }
    storages[interval.storage].position = position;
    total = std::max(total, position + interval.bytes);
    placed.push_back(&interval);
  }
  return total;
}

struct Arrangement {
  Plan& plan;
  Vector<int> strip_of;  // of each task
  Vector<int> phase_of;  // of each strip

  explicit Arrangement(Plan& p) : plan(p), strip_of(p.tasks.size(), -1) {}

  const Task& task(int index) const { return *plan.tasks[index]; }
  Storage& storage(int index) { return plan.storages[index]; }

  Vector<bool> needed() {
    Vector<bool> found(plan.tasks.size(), false);
    Vector<int> open;
    for (const Output& output : plan.outputs) open.push_back(storage(output.storage).task);
    while (!open.empty()) {
      const int index = open.back();
      open.pop_back();
      if (index < 0 || found[index]) continue;
      found[index] = true;
      for (const Access& access : task(index).in) open.push_back(storage(access.storage).task);
    }
    return found;
  }

  // A task joins if it goes over the strip's rows, reads something that the strip has made, of that its own rows only,
  // and otherwise only what earlier strips have made; or what a task can make that is ready and goes over the same
  // rows, which then comes with it.
  bool joins(const Task& candidate, int strip, Vector<int>& brings) {
    bool touches = false;
    brings.clear();
    for (const Access& access : candidate.in) {
      const Storage& source = storage(access.storage);
      if (source.task < 0) continue;
      const int made = strip_of[source.task];
      if (made >= 0 && made != strip) continue;
      if (!row_aligned(access, source, candidate)) return false;
      if (made == strip) touches = true;
      else if (std::find(brings.begin(), brings.end(), source.task) != brings.end())
        continue;  // read twice, brought once
      else if (same_rows(task(source.task), candidate) && ready(task(source.task), strip))
        brings.push_back(source.task);
      else return false;
    }
    return touches;
  }

  // Whether earlier strips than `open` make all that the task reads.
  bool ready(const Task& candidate, int open) {
    return std::all_of(candidate.in.begin(), candidate.in.end(), [&](const Access& access) {
      const int maker = storage(access.storage).task;
      return maker < 0 || (strip_of[maker] >= 0 && strip_of[maker] != open);
    });
  }

  void cut(int first, const Vector<bool>& wanted) {
    const int count = static_cast<int>(plan.tasks.size()), index = static_cast<int>(plan.strips.size());
    Strip strip;
    strip.batch = task(first).batch;
    strip.rows = task(first).rows;
    strip.tasks.push_back(first);
    strip_of[first] = index;
    Vector<int> brings;
    for (int next = first + 1; next < count; ++next) {
      if (!wanted[next] || strip_of[next] >= 0) continue;
      if (!same_rows(task(first), task(next)) || !joins(task(next), index, brings)) continue;
      brings.push_back(next);
      for (int each : brings) {
        strip.tasks.push_back(each);
        strip_of[each] = index;
      }
    }
    std::sort(strip.tasks.begin(), strip.tasks.end());
    plan.strips.push_back(std::move(strip));
  }

  // In the order of the program; but what only prepares the operand of a later task goes first, as soon as it can, so
  // that both products of attention find their operands ready and share a strip.
  void cut_strips() {
    const Vector<bool> wanted = needed();
    const int count = static_cast<int>(plan.tasks.size());
    for (int first = 0; first < count; ++first) {
      if (!wanted[first] || strip_of[first] >= 0) continue;
      for (int next = first; next < count; ++next)
        if (wanted[next] && strip_of[next] < 0 && task(next).prepares && ready(task(next), -1)) cut(next, wanted);
      if (strip_of[first] < 0) cut(first, wanted);
    }
  }

  // What each task need not make because nobody reads it.
  void find_windows() {
    Vector<bool> everything(plan.storages.size(), false);
    for (const Output& output : plan.outputs) everything[output.storage] = true;
    for (int64_t index = 0; index < plan.tasks.size(); ++index) {
      if (strip_of[index] < 0) continue;
      const Task& reader = *plan.tasks[index];
      for (const Access& access : reader.in) {
        const Storage& source = storage(access.storage);
        if (source.task < 0) continue;
        Task& maker = *plan.tasks[source.task];
        if (row_aligned(access, source, reader) && access.column_stride == 1)
          maker.windows.push_back({access.offset,
                                   access.row_stride - (source.rows > 1 ? source.row_stride : access.row_stride),
                                   access.columns});
        else everything[access.storage] = true;
      }
    }
    for (const auto& task : plan.tasks)
      if (everything[task->out]) task->windows.clear();
  }

  void cut_phases() {
    for (int strip = 0; strip < static_cast<int>(plan.strips.size()); ++strip) {
      const int last = static_cast<int>(plan.phases.size()) - 1;
      bool waits = last < 0;
      for (int index : plan.strips[strip].tasks)
        for (const Access& access : task(index).in) {
          const int maker = storage(access.storage).task;
          const int made = maker < 0 ? -1 : strip_of[maker];
          if (made >= 0 && made != strip && phase_of[made] == last) waits = true;
        }
      if (waits) plan.phases.emplace_back();
      plan.phases.back().strips.push_back(strip);
      phase_of.push_back(static_cast<int>(plan.phases.size()) - 1);
    }
  }

  void place() {
    const int64_t count = plan.storages.size();
    Vector<int> last_phase(count, -1), last_task(count, -1);
    Vector<bool> leaves(count, false);
    for (int index = 0; index < static_cast<int>(plan.tasks.size()); ++index) {
      const int strip = strip_of[index];
      if (strip < 0) continue;
      for (const Access& access : task(index).in) {
        const int64_t source = access.storage;
        const int maker = plan.storages[source].task;
        if (maker < 0) continue;
        if (strip_of[maker] != strip) leaves[source] = true;
        last_phase[source] = std::max(last_phase[source], phase_of[strip]);
        last_task[source] = std::max(last_task[source], index);
      }
    }
    Vector<Interval> arena;
    for (int64_t index = 0; index < count; ++index) {
      Storage& s = plan.storages[index];
      if (s.task < 0 || strip_of[s.task] < 0 || s.place == Place::output) continue;
      s.place = leaves[index] ? Place::arena : Place::scratch;
      if (s.place == Place::arena) {
        const int phase = phase_of[strip_of[static_cast<int64_t>(s.task)]];
        arena.push_back({static_cast<int>(index), aligned(s.bytes()), phase, last_phase[index]});
      }
    }
    plan.arena = allocate(arena, plan.storages);
    for (Strip& strip : plan.strips) int64_tiles(strip, last_task);
  }

  int64_t scratch_of(const Strip& strip, const Vector<int>& last_task, int rows, int64_t& workspace) {
    workspace = 0;
    Vector<Interval> intervals;
    for (int index : strip.tasks) {
      workspace = std::max(workspace, aligned(task(index).workspace(rows)));
      const Storage& s = storage(task(index).out);
      if (s.place != Place::scratch) continue;
      const int64_t bytes = s.columns * rows * size_of(s.type);
      intervals.push_back({task(index).out, aligned(bytes), index, std::max(index, last_task[task(index).out])});
    }
    const int64_t total = allocate(intervals, plan.storages);
    for (const Interval& interval : intervals) storage(interval.storage).position += workspace;
    return workspace + total;
  }

  int threads = 1;

  // Tiles of a few dozen rows whose scratch stays in the cache, as many as the threads can share evenly.
  void int64_tiles(Strip& strip, const Vector<int>& last_task) {
    int64_t workspace = 0;
    const int64_t sample = scratch_of(strip, last_task, 64, workspace);
    const int64_t row_bytes = std::max<int64_t>(1, sample / 64);
    int64_t rows = kScratchTarget / row_bytes;
    rows = std::min(std::max(rows, kFewestTileRows), kMostTileRows);
    rows = std::min(rows, strip.rows);
    int64_t count = (strip.rows + rows - 1) / rows;
    while (count * strip.batch % threads != 0 && count < strip.rows) ++count;
    rows = (strip.rows + count - 1) / count;
    // Whole register tiles where there are many of them; even shares where there are few.
    if (count > 8 * threads) rows = (rows + kFewestTileRows - 1) / kFewestTileRows * kFewestTileRows;
    strip.tile_rows = static_cast<int>(std::min(rows, strip.rows));
    strip.tiles = (strip.rows + strip.tile_rows - 1) / strip.tile_rows * strip.batch;
    strip.scratch = scratch_of(strip, last_task, strip.tile_rows, strip.workspace);
    plan.scratch = std::max(plan.scratch, strip.scratch);
  }
};

// Every access stays within its storage; what the kernels rely on is checked here, once for a length.
void check(const Plan& plan) {
  for (const auto& task : plan.tasks)
    for (const Access& access : task->in) {
      const Storage& s = plan.storages[access.storage];
      int64_t first = access.offset, last = access.offset;
      if (access.whole) {
        first = access.view.first();
        last = access.view.last();
      } else {
        const int64_t steps[] = {(task->batch - 1) * access.batch_stride, (task->rows - 1) * access.row_stride,
                                 (access.columns - 1) * access.column_stride};
        for (int64_t step : steps) (step < 0 ? first : last) += step;
      }
      if (first < 0 || last >= s.elements())
        refuse(task->name + ": a bug of the planner: reads elements " + std::to_string(first) + " .. " +
               std::to_string(last) + " of " + std::to_string(s.elements()));
    }
}

}  // namespace

void arrange(Plan& plan, int threads) {
  check(plan);
  Arrangement arrangement(plan);
  arrangement.threads = threads;
  arrangement.cut_strips();
  arrangement.find_windows();
  arrangement.cut_phases();
  arrangement.place();
  for (Phase& phase : plan.phases)
    for (int strip : phase.strips) phase.tiles += plan.strips[strip].tiles;
}

}  // namespace earnest
