// E30, gru.
#include "families/recurrence.h"
#include "makers.h"

namespace earnest {
namespace {

class GatedRecurrentUnit : public RecurrentTask {
 protected:
  void advance(const Kernels& kernels, const int16_t* x, const Buffers& now, char* hidden) const override {
    for (int k = 0; k < 2 * units; ++k) now.arguments[k] = saturated(int32_t{x[k]} + now.recurrent[k]);
    open(kernels, now.arguments, 2 * units, now.gates);
    const int16_t *reset = now.gates, *update = reset + units;
    for (int k = 0; k < units; ++k) {
      const int64_t remembered = shift_round(int64_t{reset[k]} * now.recurrent[2 * units + k], 15);
      now.arguments[k] = saturated(x[2 * units + k] + remembered);
    }
    bend(kernels, now.arguments, units, now.bent);
    for (int k = 0; k < units; ++k) {
      const int64_t mean = (32768 - int64_t{update[k]}) * now.bent[k] + int64_t{update[k]} * now.carried[k];
      now.carried[k] = static_cast<int16_t>(shift_round(mean, 15));
      hide(hidden, k, now.carried[k]);
    }
  }
};

}  // namespace

OperatorPtr make_gru(const Record& record, const Kernels& kernels) {
  return std::make_unique<RecurrenceOf<GatedRecurrentUnit>>(record, kernels);
}

}  // namespace earnest
