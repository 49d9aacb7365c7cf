#include "makers.h"

namespace earnest {
namespace {

struct Maker {
  const char* kind;
  OperatorPtr (*make)(const Record& record, const Kernels& kernels);
};

constexpr Maker kMakers[] = {
#define EARNEST_KIND(kind) {#kind, make_##kind},
#include "kinds.inl"
#undef EARNEST_KIND
};

}  // namespace

OperatorPtr make_operator(const Record& record, const Kernels& kernels) {
  for (const Maker& maker : kMakers)
    if (record.kind == maker.kind) return maker.make(record, kernels);
  refuse(record.name + ": expected an operator of the law, got " + record.kind);
}

}  // namespace earnest
