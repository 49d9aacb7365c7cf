// Where codes must move after all: copies of views into a new storage, side by side, with a code around them.
#pragma once

#include <string>

#include "plan/binder.h"

namespace earnest {

struct Piece {
  View view;
  Axes at;  // where its first element goes; no axes: the beginning
};

// A dense value of `shape`, filled with *fill (if there is one) and then with the pieces.
View copied(Binder& binder, const Vector<Piece>& pieces, const Axes& shape, const int64_t* fill,
            const std::string& name);

}  // namespace earnest
