// E29, lstm.
#include "families/recurrence.h"
#include "makers.h"

namespace earnest {
namespace {

class LongShortTermMemory : public RecurrentTask {
 protected:
  void advance(const Kernels& kernels, const int16_t* x, const Buffers& now, char* hidden) const override {
    for (int k = 0; k < 4 * units; ++k) now.arguments[k] = saturated(int32_t{x[k]} + now.recurrent[k]);
    open(kernels, now.arguments, 2 * units, now.gates);
    bend(kernels, now.arguments + 2 * units, units, now.gates + 2 * units);
    open(kernels, now.arguments + 3 * units, units, now.gates + 3 * units);
    const int16_t *in = now.gates, *forget = in + units, *cell = forget + units, *out = cell + units;
    for (int k = 0; k < units; ++k) {
      const int64_t kept = int64_t{forget[k]} * now.carried[k] * 16;
      now.carried[k] = saturated(shift_round(kept + int64_t{in[k]} * cell[k], 19));
    }
    bend(kernels, now.carried, units, now.bent);
    for (int k = 0; k < units; ++k) hide(hidden, k, int64_t{out[k]} * now.bent[k]);
  }
};

}  // namespace

OperatorPtr make_lstm(const Record& record, const Kernels& kernels) {
  return std::make_unique<RecurrenceOf<LongShortTermMemory>>(record, kernels);
}

}  // namespace earnest
