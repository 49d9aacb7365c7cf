// E11 over codes that lie channels last: rows are positions. The windows of a tile are staged in scratch memory, and
// never of more than a tile.
#pragma once

#include "families/geometry.h"
#include "plan/plan.h"
#include "weights/weights.h"

namespace earnest {

class WindowTask : public Task {
 public:
  Geometry geometry;
  Source source{};
  int64_t width = 1;                         // positions along the second axis
  const Vector<Weights>* weights = nullptr;  // of each group

  int64_t workspace(int rows) const override;
  void run(const Tile& tile) const override;

 private:
  void stage(const Tile& tile, const Weights& set, int64_t position, int64_t channel, int64_t depth, char* to) const;
  void gather(const int64_t* at, const Weights& set, const char* from, uint8_t* to) const;
  void outside(const Tile& tile, const Weights& set, int64_t depth, char* staged) const;
};

}  // namespace earnest
