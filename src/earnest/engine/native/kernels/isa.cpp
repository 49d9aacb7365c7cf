#include "kernels/isa.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

#include <stdexcept>

namespace earnest {
namespace {

struct Isa {
  const char* name;
  bool (*present)();
  const Kernels& (*kernels)();
};

#ifdef __x86_64__
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vnni");
}

bool has_avxvnni() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("avx2") && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & (1U << 4)) != 0;
}

bool has_avx2() { return __builtin_cpu_supports("avx2"); }
#endif

bool always() { return true; }

constexpr Isa kIsas[] = {
#ifdef __x86_64__
    {"avx512", has_avx512, avx512_kernels},     {"avxvnni", has_avxvnni, avxvnni_kernels},
    {"avxvnni-evex", has_avx512, evex_kernels}, {"avx2", has_avx2, avx2_kernels},
#endif
    {"portable", always, portable_kernels},
};

}  // namespace

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Isa& isa : kIsas)
    if (isa.present()) names.emplace_back(isa.name);
  return names;
}

const Kernels& kernels_of(const std::string& name) {
  std::string known;
  for (const Isa& isa : kIsas) {
    if (!isa.present()) continue;
    if (name.empty() || name == isa.name) return isa.kernels();
    known += known.empty() ? isa.name : std::string(", ") + isa.name;
  }
  throw std::invalid_argument("expected an instruction set of this processor (" + known + "), got '" + name + "'");
}

}  // namespace earnest
