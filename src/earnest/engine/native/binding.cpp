// What Python sees of the engine: `earnest.engine._native`, wrapped by earnest/engine/*.py.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "engine.h"
#include "isa.h"
#include "measure.h"

namespace nb = nanobind;

namespace earnest {
namespace {

constexpr int kDeepest = 64;

Dimension dimension(nb::handle object, int depth = 0) {
  if (depth > kDeepest) refuse("expected a dimension at most " + std::to_string(kDeepest) + " levels deep");
  Dimension found;
  if (nb::isinstance<nb::int_>(object)) {
    found.value = nb::cast<int64_t>(object);
    return found;
  }
  if (nb::isinstance<nb::str>(object)) {
    if (nb::cast<std::string>(object) != "time") refuse("expected the symbol time in a dimension");
    found.kind = Dimension::Kind::time;
    return found;
  }
  if (!nb::isinstance<nb::tuple>(object)) refuse("expected a dimension: an integer, time, or an operation with its terms");
  const nb::tuple parts = nb::cast<nb::tuple>(object);
  if (parts.size() < 2) refuse("expected an operation and its terms in a dimension");
  found.kind = Dimension::Kind::operation;
  found.operation = nb::cast<std::string>(parts[0]);
  for (size_t i = 1; i < parts.size(); ++i) found.terms.push_back(dimension(parts[i], depth + 1));
  return found;
}

// Constants are read while the engine is made, so that the caller's arrays need not be kept.
Array array(nb::handle object) {
  const auto found = nb::cast<nb::ndarray<nb::numpy, nb::ro, nb::c_contig>>(object);
  Array result;
  for (size_t axis = 0; axis < found.ndim(); ++axis) result.shape.push_back(static_cast<int64_t>(found.shape(axis)));
  const nb::dlpack::dtype type = found.dtype();
  const bool is_signed = type.code == static_cast<uint8_t>(nb::dlpack::dtype_code::Int);
  if ((!is_signed && type.code != static_cast<uint8_t>(nb::dlpack::dtype_code::UInt)) || type.lanes != 1 || (type.bits == 64 && !is_signed))
    refuse("expected an array of integers of at most 64 bits");
  result.wide = type.bits == 64;
  if (!result.wide) result.type = container(type.bits, is_signed);
  result.data = std::shared_ptr<const void>(found.data(), [](const void*) {});
  return result;
}

Record record(nb::handle object) {
  const nb::tuple parts = nb::cast<nb::tuple>(object);
  Record found;
  found.name = nb::cast<std::string>(parts[0]);
  found.kind = nb::cast<std::string>(parts[1]);
  found.inputs = nb::cast<std::vector<int>>(parts[2]);
  for (const auto& [key, value] : nb::cast<nb::dict>(parts[3])) found.integers[nb::cast<std::string>(key)] = nb::cast<int64_t>(value);
  for (const auto& [key, value] : nb::cast<nb::dict>(parts[4])) found.lists[nb::cast<std::string>(key)] = nb::cast<std::vector<int64_t>>(value);
  for (const auto& [key, value] : nb::cast<nb::dict>(parts[5])) {
    std::vector<Dimension>& list = found.dimensions[nb::cast<std::string>(key)];  // that of a scalar's shape is empty
    for (nb::handle each : nb::cast<nb::tuple>(value)) list.push_back(dimension(each));
  }
  for (const auto& [key, value] : nb::cast<nb::dict>(parts[6])) found.arrays[nb::cast<std::string>(key)] = array(value);
  return found;
}

std::unique_ptr<Engine> make_engine(nb::list steps, int bits, bool is_signed, nb::tuple shape, int output, const std::string& isa, int threads) {
  std::vector<Record> records;
  records.reserve(steps.size());
  for (nb::handle step : steps) {
    try {
      records.push_back(record(step));
    } catch (const nb::cast_error&) {
      refuse("step " + std::to_string(records.size()) + ": expected integers of 64 bits at most");
    }
  }
  InputSpec input{bits, is_signed, {}};
  for (nb::handle each : shape) input.shape.push_back(dimension(each));
  return std::make_unique<Engine>(records, std::move(input), output, isa, threads);
}

std::vector<int64_t> listed(const Axes& axes) { return {axes.values.begin(), axes.values.begin() + axes.count}; }

// An empty array for the codes of a value; NumPy makes it, so that its type and its owner are NumPy's.
nb::object empty(const Axes& shape, Type type) {
  static const char* const names[] = {"int8", "uint8", "int16", "uint16", "int32", "uint32"};
  const nb::object numpy = nb::module_::import_("numpy");
  return numpy.attr("empty")(nb::cast(listed(shape)), names[static_cast<int>(type)]);
}

using Codes = nb::ndarray<nb::numpy, nb::ro, nb::c_contig>;

void check_codes(const Engine& engine, const Codes& codes, int64_t time) {
  const Axes shape = engine.input_shape(time);
  bool fits = static_cast<int>(codes.ndim()) == shape.count && codes.itemsize() == static_cast<size_t>(size_of(engine.input_type()));
  for (int axis = 0; fits && axis < shape.count; ++axis) fits = static_cast<int64_t>(codes.shape(static_cast<size_t>(axis))) == shape[axis];
  if (!fits) refuse("expected codes of the input's type and shape");
}

// Another thread may be in a run: the GIL is free while this one waits for its turn.
std::shared_ptr<const Plan> planned(Engine& engine, int64_t time) {
  const nb::gil_scoped_release release;
  return engine.plan(time);
}

nb::object run(Engine& engine, int64_t time, const Codes& codes) {
  check_codes(engine, codes, time);
  const std::shared_ptr<const Plan> plan = planned(engine, time);
  nb::object result = empty(plan->output_shape, plan->output_type);
  void* out = nb::cast<nb::ndarray<nb::numpy, nb::c_contig>>(result).data();
  {
    const nb::gil_scoped_release release;
    engine.run(time, codes.data(), out);
  }
  return result;
}

nb::list profile(Engine& engine, int64_t time, const Codes& codes) {
  check_codes(engine, codes, time);
  const std::shared_ptr<const Plan> plan = planned(engine, time);
  const nb::object result = empty(plan->output_shape, plan->output_type);
  void* out = nb::cast<nb::ndarray<nb::numpy, nb::c_contig>>(result).data();
  std::vector<TaskTime> times;
  {
    const nb::gil_scoped_release release;
    times = engine.profile(time, codes.data(), out);
  }
  nb::list rows;
  for (const TaskTime& each : times)
    rows.append(nb::make_tuple(each.name, each.kind, each.seconds));
  return rows;
}

// The plan of a length as plain objects: sizes, phases of strips of tasks, and where each storage lies.
nb::dict plan(Engine& engine, int64_t time) {
  const std::shared_ptr<const Plan> held = planned(engine, time);
  const Plan& plan = *held;
  nb::list phases;
  std::vector<int> phase_of(plan.tasks.size(), -1);
  for (size_t number = 0; number < plan.phases.size(); ++number) {
    nb::list strips;
    for (int index : plan.phases[number].strips) {
      const Strip& strip = plan.strips[static_cast<size_t>(index)];
      nb::list tasks;
      for (int task : strip.tasks) {
        const Task& each = *plan.tasks[static_cast<size_t>(task)];
        tasks.append(nb::make_tuple(each.kind, each.name));
        phase_of[static_cast<size_t>(task)] = static_cast<int>(number);
      }
      nb::dict found;
      found["batch"] = strip.batch;
      found["rows"] = strip.rows;
      found["tile_rows"] = strip.tile_rows;
      found["scratch"] = strip.scratch;
      found["tasks"] = tasks;
      strips.append(found);
    }
    phases.append(strips);
  }
  std::vector<int> last(plan.storages.size(), -1);
  for (size_t task = 0; task < plan.tasks.size(); ++task)
    if (phase_of[task] >= 0)
      for (const Access& access : plan.tasks[task]->in) {
        int& latest = last[static_cast<size_t>(access.storage)];
        latest = std::max(latest, phase_of[task]);
      }
  nb::list places;
  for (size_t i = 0; i < plan.storages.size(); ++i) {
    const Storage& storage = plan.storages[i];
    if (storage.place == Place::arena && storage.task >= 0 && phase_of[static_cast<size_t>(storage.task)] >= 0)
      places.append(nb::make_tuple(storage.position, storage.bytes(), phase_of[static_cast<size_t>(storage.task)], last[i]));
  }
  nb::dict found;
  found["arena"] = plan.arena;
  found["scratch"] = plan.scratch;
  found["phases"] = phases;
  found["places"] = places;
  return found;
}

}  // namespace
}  // namespace earnest

NB_MODULE(_native, module) {
  using namespace earnest;
  nb::set_leak_warnings(false);
  module.doc() = "The native engine: a program of integers, planned for a length and run by threads.";
  module.def("isas", &available_isas);
  module.def("measure_peak", &measure_peak, nb::arg("isa"), nb::arg("threads"), nb::arg("seconds"), nb::call_guard<nb::gil_scoped_release>());
  nb::class_<Engine>(module, "Engine")
      .def(nb::new_(&make_engine), nb::arg("steps"), nb::arg("bits"), nb::arg("signed"), nb::arg("shape"), nb::arg("output"), nb::arg("isa"),
           nb::arg("threads"))
      .def("run", &run, nb::arg("time"), nb::arg("codes"))
      .def("profile", &profile, nb::arg("time"), nb::arg("codes"))
      .def("plan", &plan, nb::arg("time"))
      .def_prop_ro("isa", &Engine::isa)
      .def_prop_ro("threads", &Engine::threads)
      .def_prop_ro("weight_bytes", &Engine::weight_bytes);
}
