// What Python sees of the engine: `earnest.engine._native`, wrapped by earnest/engine/*.py.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>

#include "engine.h"
#include "kernels/isa.h"
#include "measure.h"

namespace nb = nanobind;

// Lists of Python are lists of the engine, too.
namespace nanobind::detail {
template <class T>
struct type_caster<earnest::Vector<T>> : list_caster<earnest::Vector<T>, T> {};
}  // namespace nanobind::detail

namespace earnest {
namespace {

constexpr int kDeepest = 64;

using Symbols = Vector<std::string>;

Dimension dimension(nb::handle object, const Symbols& symbols, int depth = 0) {
  if (depth > kDeepest) refuse("expected a dimension at most " + std::to_string(kDeepest) + " levels deep");
  Dimension found;
  if (nb::isinstance<nb::int_>(object)) {
    found.value = nb::cast<int64_t>(object);
    return found;
  }
  if (nb::isinstance<nb::str>(object)) {
    const std::string name = nb::cast<std::string>(object);
    const auto place = std::find(symbols.begin(), symbols.end(), name);
    if (place == symbols.end()) refuse("expected the symbol of an input in a dimension, got " + name);
    found.kind = Dimension::Kind::symbol;
    found.value = place - symbols.begin();
    return found;
  }
  if (!nb::isinstance<nb::tuple>(object))
    refuse("expected a dimension: an integer, a symbol, or an operation with its terms");
  const nb::tuple parts = nb::cast<nb::tuple>(object);
  if (parts.size() < 2) refuse("expected an operation and its terms in a dimension");
  found.kind = Dimension::Kind::operation;
  found.operation = nb::cast<std::string>(parts[0]);
  for (size_t i = 1; i < parts.size(); ++i) found.terms.push_back(dimension(parts[i], symbols, depth + 1));
  return found;
}

// Constants are read while the engine is made, so that the caller's arrays need not be kept.
Array array(nb::handle object) {
  const auto found = nb::cast<nb::ndarray<nb::numpy, nb::ro, nb::c_contig>>(object);
  Array result;
  for (size_t axis = 0; axis < found.ndim(); ++axis) result.shape.push_back(static_cast<int64_t>(found.shape(axis)));
  const nb::dlpack::dtype type = found.dtype();
  const bool is_signed = type.code == static_cast<uint8_t>(nb::dlpack::dtype_code::Int);
  if ((!is_signed && type.code != static_cast<uint8_t>(nb::dlpack::dtype_code::UInt)) || type.lanes != 1 ||
      (type.bits == 64 && !is_signed))
    refuse("expected an array of integers of at most 64 bits");
  result.wide = type.bits == 64;
  if (!result.wide) result.type = container(type.bits, is_signed);
  result.data = std::shared_ptr<const void>(found.data(), [](const void*) {});
  return result;
}

Record record(nb::handle object, const Symbols& symbols) {
  const nb::tuple parts = nb::cast<nb::tuple>(object);
  Record found;
  found.name = nb::cast<std::string>(parts[0]);
  found.kind = nb::cast<std::string>(parts[1]);
  found.inputs = nb::cast<Vector<int>>(parts[2]);
  for (const auto& [key, value] : nb::cast<nb::dict>(parts[3]))
    found.integers[nb::cast<std::string>(key)] = nb::cast<int64_t>(value);
  for (const auto& [key, value] : nb::cast<nb::dict>(parts[4]))
    found.lists[nb::cast<std::string>(key)] = nb::cast<Vector<int64_t>>(value);
  for (const auto& [key, value] : nb::cast<nb::dict>(parts[5])) {
    Vector<Dimension>& list = found.dimensions[nb::cast<std::string>(key)];  // that of a scalar's shape is empty
    for (nb::handle each : nb::cast<nb::tuple>(value)) list.push_back(dimension(each, symbols));
  }
  for (const auto& [key, value] : nb::cast<nb::dict>(parts[6])) found.arrays[nb::cast<std::string>(key)] = array(value);
  return found;
}

std::unique_ptr<Engine> make_engine(const nb::list& steps, const nb::list& inputs, const Vector<int>& outputs,
                                    const Symbols& symbols, const std::string& isa, int threads) {
  Vector<Record> records;
  records.reserve(steps.size());
  for (nb::handle step : steps) {
    try {
      records.push_back(record(step, symbols));
    } catch (const nb::cast_error&) {
      refuse("step " + std::to_string(records.size()) + ": expected integers of 64 bits at most");
    }
  }
  Vector<InputSpec> specs;
  for (nb::handle input : inputs) {
    const nb::tuple parts = nb::cast<nb::tuple>(input);
    specs.push_back({{nb::cast<int>(parts[0]), nb::cast<bool>(parts[1])}, {}});
    for (nb::handle each : nb::cast<nb::tuple>(parts[2])) specs.back().shape.push_back(dimension(each, symbols));
  }
  return std::make_unique<Engine>(records, std::move(specs), outputs, isa, threads);
}

Vector<int64_t> listed(const Axes& axes) { return {axes.begin(), axes.end()}; }

// An empty array for the codes of a value; NumPy makes it, so that its type and its owner are NumPy's.
nb::object empty(const Axes& shape, Type type) {
  static const char* const names[] = {"int8", "uint8", "int16", "uint16", "int32", "uint32"};
  const nb::object numpy = nb::module_::import_("numpy");
  return numpy.attr("empty")(nb::cast(listed(shape)), names[static_cast<int>(type)]);
}

using Codes = nb::ndarray<nb::numpy, nb::ro, nb::c_contig>;

// Where the codes of each input lie, if they have its type and shape.
Vector<const void*> checked_codes(const Engine& engine, const Vector<Codes>& codes, const Lengths& lengths) {
  bool fits = codes.size() == engine.inputs();
  Vector<const void*> found;
  for (int64_t port = 0; fits && port < codes.size(); ++port) {
    const Axes shape = engine.input_shape(port, lengths);
    const Codes& each = codes[port];
    fits = static_cast<int>(each.ndim()) == shape.count &&
           static_cast<int>(each.itemsize()) == size_of(engine.input_type(port));
    for (int axis = 0; fits && axis < shape.count; ++axis)
      fits = static_cast<int64_t>(each.shape(static_cast<size_t>(axis))) == shape[axis];
    found.push_back(each.data());
  }
  if (!fits) refuse("expected codes of the type and shape of each input");
  return found;
}

// Another thread may be in a run: the GIL is free while this one waits for its turn.
std::shared_ptr<const Plan> planned(Engine& engine, const Lengths& lengths) {
  const nb::gil_scoped_release release;
  return engine.plan(lengths);
}

// Empty arrays for the outputs of a plan, and where their codes go.
nb::list outputs_of(const Plan& plan, Vector<void*>& places) {
  nb::list results;
  for (const Output& output : plan.outputs) {
    const nb::object result = empty(output.shape, output.type);
    places.push_back(nb::cast<nb::ndarray<nb::numpy, nb::c_contig>>(result).data());
    results.append(result);
  }
  return results;
}

nb::list run(Engine& engine, const Lengths& lengths, const Vector<Codes>& codes) {
  const Vector<const void*> in = checked_codes(engine, codes, lengths);
  const std::shared_ptr<const Plan> plan = planned(engine, lengths);
  Vector<void*> out;
  nb::list results = outputs_of(*plan, out);
  {
    const nb::gil_scoped_release release;
    engine.run(lengths, in, out);
  }
  return results;
}

nb::list profile(Engine& engine, const Lengths& lengths, const Vector<Codes>& codes) {
  const Vector<const void*> in = checked_codes(engine, codes, lengths);
  const std::shared_ptr<const Plan> plan = planned(engine, lengths);
  Vector<void*> out;
  const nb::list results = outputs_of(*plan, out);
  Vector<TaskTime> times;
  {
    const nb::gil_scoped_release release;
    times = engine.profile(lengths, in, out);
  }
  nb::list rows;
  for (const TaskTime& each : times) rows.append(nb::make_tuple(each.name, each.kind, each.seconds));
  return rows;
}

// The plan of some lengths as plain objects: sizes, phases of strips of tasks, and where each storage lies.
nb::dict plan(Engine& engine, const Lengths& lengths) {
  const std::shared_ptr<const Plan> held = planned(engine, lengths);
  const Plan& plan = *held;
  nb::list phases;
  Vector<int> phase_of(plan.tasks.size(), -1);
  for (int number = 0; number < plan.phases.size(); ++number) {
    nb::list strips;
    for (int index : plan.phases[number].strips) {
      const Strip& strip = plan.strips[index];
      nb::list tasks;
      for (int task : strip.tasks) {
        const Task& each = *plan.tasks[task];
        tasks.append(nb::make_tuple(each.kind, each.name));
        phase_of[task] = number;
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
  Vector<int> last(plan.storages.size(), -1);
  for (int task = 0; task < plan.tasks.size(); ++task)
    if (phase_of[task] >= 0)
      for (const Access& access : plan.tasks[task]->in) {
        int& latest = last[access.storage];
        latest = std::max(latest, phase_of[task]);
      }
  nb::list places;
  for (int i = 0; i < plan.storages.size(); ++i) {
    const Storage& storage = plan.storages[i];
    if (storage.place == Place::arena && storage.task >= 0 && phase_of[storage.task] >= 0)
      places.append(nb::make_tuple(storage.position, storage.bytes(), phase_of[storage.task], last[i]));
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
  module.def("measure_peak", &measure_peak, nb::arg("isa"), nb::arg("threads"), nb::arg("seconds"),
             nb::call_guard<nb::gil_scoped_release>());
  nb::class_<Engine>(module, "Engine")
      .def(nb::new_(&make_engine), nb::arg("steps"), nb::arg("inputs"), nb::arg("outputs"), nb::arg("symbols"),
           nb::arg("isa"), nb::arg("threads"))
      .def("run", &run, nb::arg("lengths"), nb::arg("codes"))
      .def("profile", &profile, nb::arg("lengths"), nb::arg("codes"))
      .def("plan", &plan, nb::arg("lengths"))
      .def_prop_ro("isa", &Engine::isa)
      .def_prop_ro("threads", &Engine::threads)
      .def_prop_ro("weight_bytes", &Engine::weight_bytes);
}
