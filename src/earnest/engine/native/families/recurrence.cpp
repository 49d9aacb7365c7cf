#include "families/recurrence.h"

#include <algorithm>
#include <utility>

namespace earnest {
namespace {

constexpr int32_t kLow = INT16_MIN, kHigh = INT16_MAX;

// The recurrent product as a linear's: from codes of the result to 16 bits about 0.
Record as_linear(Record record) {
  if (record.array("weight").shape.size() != 2) refuse(record.name + ": expected a weight of 2 axes");
  record.integers["input_bits"] = record.integer("bits");
  record.integers["input_signed"] = record.integer("signed");
  record.integers["bits"] = 16;
  record.integers["signed"] = 1;
  record.integers["zero_point"] = 0;
  return record;
}

}  // namespace

int64_t RecurrentTask::buffer_bytes() const { return aligned((3 * rows_of_weights + 2 * units) * int64_t{2}); }

int64_t RecurrentTask::workspace(int /*rows*/) const {
  return buffer_bytes() + aligned(units * int64_t{2}) + aligned(weights->row_bytes()) + weights->workspace();
}

void RecurrentTask::run(const Tile& tile) const {
  for (int row = 0; row < tile.rows; ++row)
    sequence(tile, tile.in[0].data + row * tile.in[0].step, tile.out.data + row * tile.out.step);
}

void RecurrentTask::open(const Kernels& kernels, const int16_t* arguments, int count, int16_t* gates) const {
  kernels.interpolate(arguments, count, constants->sigmoid.data(), kLow, kHigh, Type::i16, gates);
}

void RecurrentTask::bend(const Kernels& kernels, const int16_t* arguments, int count, int16_t* gates) const {
  kernels.interpolate(arguments, count, constants->tanh.data(), kLow, kHigh, Type::i16, gates);
}

void RecurrentTask::sequence(const Tile& tile, const char* from, char* to) const {
  const Type type = constants->width.type();
  Buffers now{};
  now.recurrent = reinterpret_cast<int16_t*>(tile.workspace);
  now.arguments = now.recurrent + rows_of_weights;
  now.gates = now.arguments + rows_of_weights;
  now.carried = now.gates + rows_of_weights;
  now.bent = now.carried + units;
  char* first = tile.workspace + buffer_bytes();
  char* staged = first + aligned(units * int64_t{2});
  char* rest = staged + aligned(weights->row_bytes());
  std::fill(now.carried, now.carried + units, int16_t{0});
  for (int unit = 0; unit < units; ++unit) store_code(first, type, unit, constants->zero_point);
  weights->end(staged);
  const char* before = first;
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t step = constants->reverse ? steps - 1 - i : i;
    char* hidden = to + step * units * size_of(type);
    weights->stage(*tile.kernels, before, type, units, staged);
    weights->multiply(*tile.kernels, staged, 1, reinterpret_cast<char*>(now.recurrent), 0, rest);
    advance(*tile.kernels, reinterpret_cast<const int16_t*>(from) + step * rows_of_weights, now, hidden);
    before = hidden;
  }
}

Recurrence::Recurrence(const Record& record, const Kernels& kernels)
    : Operator(record),
      units_(record.array("weight").shape.at(1)),
      rows_(record.array("weight").shape.at(0)),
      weights_(as_linear(record), weight_codes(record), 0, rows_, units_, kernels) {
  constants_.sigmoid = record.array("sigmoid").as<int32_t>();
  constants_.tanh = record.array("tanh").as<int32_t>();
  constants_.multiplier = record.integer("output_multiplier");
  constants_.shift = record.small("output_shift");
  constants_.zero_point = record.integer("zero_point");
  constants_.width = record.width();
  constants_.reverse = record.flag("reverse");
}

Value Recurrence::bind(Binder& binder, const Operands& operands) const {
  const Value& x = *operands[0];
  const Axes& shape = x.view.shape;
  if (shape.count != 3 || shape[2] != rows_ || x.type() != Type::i16)
    refuse(name + ": expected [batch, time, " + std::to_string(rows_) + "] of 16 signed bits");
  std::unique_ptr<RecurrentTask> made = task();
  made->weights = &weights_;
  made->constants = &constants_;
  made->units = static_cast<int>(units_);
  made->rows_of_weights = static_cast<int>(rows_);
  made->steps = shape[1];
  return made_in_rows(binder, std::move(made), constants_.width, x.view, shape[0], shape[1] * rows_, shape[1] * units_,
                      {shape[0], shape[1], units_});
}

int64_t Recurrence::weight_bytes() const {
  return weights_.bytes() + 4 * (constants_.sigmoid.size() + constants_.tanh.size());
}

}  // namespace earnest
