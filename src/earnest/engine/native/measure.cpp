#include "measure.h"

#include <chrono>

#include "kernels/isa.h"
#include "memory/bytes.h"
#include "memory/vector.h"
#include "pool.h"
#include "program/refusal.h"

namespace earnest {
namespace {

// A tile's worth of rows and a panel that stay in the first cache: nothing but products is left to measure.
constexpr int kRows = 12, kColumns = 64, kDepth = 64;

struct Loop {
  const Kernels* kernels;
  double seconds;
  Vector<double> rates;
};

void measure(void* state, int thread) {
  Loop& loop = *static_cast<Loop*>(state);
  const Kernels& kernels = *loop.kernels;
  const int codes = kernels.bytes ? 4 : 2;
  Bytes a(kRows * kDepth * 4), b(kColumns * kDepth * 4), out(kRows * kColumns * 4), init(kColumns * 4);
  Product product{};
  product.a = a.data();
  product.a_stride = kDepth * 4;
  product.b = b.data();
  product.b_stride = kDepth * kGroupBytes;
  product.init = reinterpret_cast<const int32_t*>(init.data());
  product.out = out.data();
  product.out_stride = kColumns * 4;
  product.rows = kRows;
  product.columns = kColumns;
  product.depth = kDepth;
  using Clock = std::chrono::steady_clock;
  double best = 0;
  const auto begin = Clock::now();
  do {
    const auto start = Clock::now();
    for (int i = 0; i < 200; ++i) (kernels.bytes ? kernels.product8 : kernels.product16)(product);
    const double taken = std::chrono::duration<double>(Clock::now() - start).count();
    const double rate = 200.0 * 2 * kRows * kColumns * kDepth * codes / taken;
    best = rate > best ? rate : best;
  } while (std::chrono::duration<double>(Clock::now() - begin).count() < loop.seconds);
  loop.rates[thread] = best;
}

}  // namespace

double measure_peak(const std::string& isa, int threads, double seconds) {
  if (threads < 1 || threads > 256) refuse("expected 1 to 256 threads");
  Loop loop{&kernels_of(isa), seconds, Vector<double>(threads)};
  Pool pool(threads);
  pool.run(measure, &loop);
  double total = 0;
  for (double rate : loop.rates) total += rate;
  return total;
}

}  // namespace earnest
