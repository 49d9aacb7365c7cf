#include "engine.h"

#include <algorithm>
#include <chrono>

#include "kernels/isa.h"
#include "makers.h"
#include "plan/copy.h"
#include "program/refusal.h"

namespace earnest {
namespace {

constexpr size_t kPlansKept = 8;
constexpr int kMostThreads = 256;

int checked(int threads) {
  if (threads < 1 || threads > kMostThreads)
    refuse("expected 1 to " + std::to_string(kMostThreads) + " threads, got " + std::to_string(threads));
  return threads;
}

}  // namespace

Engine::Engine(const Vector<Record>& records, Vector<InputSpec> inputs, Vector<int> outputs, const std::string& isa,
               int threads)
    : kernels_(kernels_of(isa)),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      pool_(checked(threads)) {
  for (const Record& record : records) {
    for (int place : record.inputs)
      if (place < -inputs_.size() || place >= operators_.size())
        refuse(record.name + ": reads what no earlier operator makes");
    operators_.push_back(make_operator(record, kernels_));
  }
  for (int output : outputs_)
    if (output < 0 || output >= operators_.size()) refuse("expected an output that an operator makes");
  scratch_.resize(threads);
  pair();
}

void Engine::pair() {
  Vector<int> readers(operators_.size(), 0);
  for (const auto& each : operators_)
    for (int place : each->inputs)
      if (place >= 0) ++readers[place];
  absorbed_by_.assign(operators_.size(), -1);
  for (int index = 0; index < operators_.size(); ++index) {
    const Operator& each = *operators_[index];
    for (int place = 0; place < each.inputs.size(); ++place) {
      const int maker = each.inputs[place];
      const bool handed_out = std::find(outputs_.begin(), outputs_.end(), maker) != outputs_.end();
      if (maker < 0 || handed_out || readers[maker] != 1) continue;
      if (!each.absorbs(*operators_[maker], place)) continue;
      absorbed_by_[maker] = index;
      break;
    }
  }
}

Value Engine::bind(int index, Binder& binder, const Vector<Value>& inputs, const Vector<Value>& values) const {
  const auto operands_of = [&](const Operator& each) {
    Operands operands;
    for (int place : each.inputs) operands.push_back(place < 0 ? &inputs[-1 - place] : &values[place]);
    return operands;
  };
  const Operator& each = *operators_[index];
  Operands operands = operands_of(each);
  for (int place = 0; place < each.inputs.size(); ++place) {
    const int maker = each.inputs[place];
    if (maker < 0 || absorbed_by_[maker] != index) continue;
    const Operator& absorbed = *operators_[maker];
    operands.erase(operands.begin() + place);
    return each.bind_with(binder, absorbed, operands_of(absorbed), place, operands);
  }
  return each.bind(binder, operands);
}

int64_t Engine::weight_bytes() const {
  int64_t total = 0;
  for (const auto& each : operators_) total += each->weight_bytes();
  return total;
}

Axes Engine::input_shape(int64_t port, const Lengths& lengths) const {
  Axes shape;
  for (const Dimension& dimension : inputs_.at(port).shape) shape.push(dimension.at(lengths));
  return shape;
}

// Each output gets a dense storage of its own, which some task makes.
void Engine::hand_out(Binder& binder, Plan& plan, const Vector<Value>& values) const {
  Vector<bool> taken;
  for (int place : outputs_) {
    const Value& value = values[place];
    View view = value.view;
    taken.resize(plan.storages.size());
    const Storage& made = binder.storage(view.storage);
    if (!view.dense() || made.task < 0 || made.elements() != view.shape.product() || taken[view.storage])
      view = copied(binder, {{view, Axes{}}}, view.shape, nullptr, "output");
    taken.resize(plan.storages.size());
    taken[view.storage] = true;
    Storage& storage = plan.storages[view.storage];
    storage.place = Place::output;
    storage.port = static_cast<int>(plan.outputs.size());
    plan.outputs.push_back({view.storage, view.shape, value.type()});
  }
}

std::shared_ptr<Engine::Ready> Engine::make(const Lengths& lengths) const {
  auto ready = std::make_shared<Ready>();
  Plan& plan = ready->plan;
  plan.lengths = lengths;
  Binder binder(plan, kernels_);
  Vector<Value> inputs(inputs_.size());
  for (int64_t port = 0; port < inputs.size(); ++port) {
    Value& input = inputs[port];
    input.width = inputs_[port].width;
    const Axes shape = input_shape(port, lengths);
    input.view = dense_view(binder.add_input(input.type(), shape, static_cast<int>(port)), shape);
  }
  Vector<Value> values(operators_.size());
  for (int i = 0; i < operators_.size(); ++i)
    if (absorbed_by_[i] < 0) values[i] = bind(i, binder, inputs, values);
  hand_out(binder, plan, values);
  arrange(plan, pool_.threads());
  ready->bases.assign(plan.storages.size(), nullptr);
  ready->claimed = Vector<std::atomic<int64_t>>(plan.phases.size());
  return ready;
}

Engine::Ready& Engine::ready(const Lengths& lengths) {
  const auto found =
      std::find_if(recent_.begin(), recent_.end(), [&](const auto& each) { return each->plan.lengths == lengths; });
  if (found != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, found);
  } else {
    recent_.push_front(make(lengths));
    if (recent_.size() > kPlansKept) recent_.pop_back();
  }
  const Plan& plan = recent_.front()->plan;
  if (arena_.size() < plan.arena + kSlack) arena_ = Bytes(plan.arena + kSlack);
  for (Bytes& scratch : scratch_)
    if (scratch.size() < plan.scratch + kSlack) scratch = Bytes(plan.scratch + kSlack);
  return *recent_.front();
}

std::shared_ptr<const Plan> Engine::plan(const Lengths& lengths) {
  const std::scoped_lock lock(mutex_);
  const Plan& plan = ready(lengths).plan;
  return {recent_.front(), &plan};
}

void Engine::attach(Ready& ready, const Vector<const void*>& codes, const Vector<void*>& out) {
  for (int64_t i = 0; i < ready.bases.size(); ++i) {
    const Storage& storage = ready.plan.storages[i];
    const int port = std::max(storage.port, 0);
    switch (storage.place) {
      case Place::arena: ready.bases[i] = reinterpret_cast<char*>(arena_.data()) + storage.position; break;
      case Place::scratch: ready.bases[i] = nullptr; break;
      // Tasks write to what they make, which is neither of these.
      case Place::constant: ready.bases[i] = static_cast<char*>(const_cast<void*>(storage.data)); break;
      case Place::input: ready.bases[i] = static_cast<char*>(const_cast<void*>(codes.at(port))); break;
      case Place::output: ready.bases[i] = static_cast<char*>(out.at(port)); break;
    }
  }
  for (std::atomic<int64_t>& claimed : ready.claimed) claimed.store(0, std::memory_order_relaxed);
}

void Engine::run(const Lengths& lengths, const Vector<const void*>& codes, const Vector<void*>& out) {
  const std::scoped_lock lock(mutex_);
  struct State {
    Engine* engine;
    Ready* ready;
  } state{this, &ready(lengths)};
  attach(*state.ready, codes, out);
  pool_.run(
      [](void* opaque, int thread) {
        const State& s = *static_cast<State*>(opaque);
        s.engine->run_phases(*s.ready, thread);
      },
      &state);
}

void Engine::run_phases(Ready& ready, int thread) {
  char* scratch = reinterpret_cast<char*>(scratch_[thread].data());
  const Plan& plan = ready.plan;
  for (int64_t phase = 0; phase < plan.phases.size(); ++phase) {
    if (phase > 0) pool_.wait();
    while (true) {
      int64_t tile = ready.claimed[phase].fetch_add(1, std::memory_order_relaxed);
      if (tile >= plan.phases[phase].tiles) break;
      for (int index : plan.phases[phase].strips) {
        const Strip& strip = plan.strips[index];
        if (tile < strip.tiles) {
          run_tile(ready, strip, tile, scratch, nullptr);
          break;
        }
        tile -= strip.tiles;
      }
    }
  }
}

void Engine::run_tile(const Ready& ready, const Strip& strip, int64_t index, char* scratch,
                      Vector<double>* seconds) const {
  const Plan& plan = ready.plan;
  const int64_t each = (strip.rows + strip.tile_rows - 1) / strip.tile_rows;
  Tile tile;
  tile.kernels = &kernels_;
  tile.batch = index / each;
  tile.first = index % each * strip.tile_rows;
  tile.rows = static_cast<int>(std::min<int64_t>(strip.tile_rows, strip.rows - tile.first));
  tile.workspace = scratch;
  for (int number : strip.tasks) {
    const Task& task = *plan.tasks[number];
    const Storage& made = plan.storages[task.out];
    const int size = size_of(made.type);
    if (made.place == Place::scratch) tile.out = {scratch + made.position, made.columns * size, true};
    else
      tile.out = {ready.bases[task.out] + (tile.batch * made.batch_stride + tile.first * made.row_stride) * size,
                  made.row_stride * size, false};
    for (int64_t i = 0; i < task.in.size(); ++i) {
      const Access& access = task.in[i];
      const Storage& source = plan.storages[access.storage];
      char* base = ready.bases[access.storage];
      const int width = size_of(source.type);
      if (access.whole) {
        tile.in[i] = {base, 0, false};
      } else if (source.place == Place::scratch) {
        const int64_t skew = source.rows > 1 ? access.row_stride - source.row_stride : 0;
        tile.in[i] = {scratch + source.position + (access.offset + tile.first * skew) * width,
                      (source.columns + skew) * width, true};
      } else {
        tile.in[i] = {
            base + (access.offset + tile.batch * access.batch_stride + tile.first * access.row_stride) * width,
            access.row_stride * width, source.place == Place::arena};
      }
    }
    if (seconds == nullptr) {
      task.run(tile);
      continue;
    }
    const auto begin = std::chrono::steady_clock::now();
    task.run(tile);
    (*seconds)[number] += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
}

Vector<TaskTime> Engine::profile(const Lengths& lengths, const Vector<const void*>& codes, const Vector<void*>& out) {
  const std::scoped_lock lock(mutex_);
  Ready& now = ready(lengths);
  attach(now, codes, out);
  Vector<double> seconds(now.plan.tasks.size(), 0.0);
  char* scratch = reinterpret_cast<char*>(scratch_[0].data());
  for (const Phase& phase : now.plan.phases)
    for (int index : phase.strips) {
      const Strip& strip = now.plan.strips[index];
      for (int64_t tile = 0; tile < strip.tiles; ++tile) run_tile(now, strip, tile, scratch, &seconds);
    }
  Vector<TaskTime> times;
  for (int64_t i = 0; i < seconds.size(); ++i)
    times.push_back({now.plan.tasks[i]->name, now.plan.tasks[i]->kind, seconds[i]});
  return times;
}

}  // namespace earnest
