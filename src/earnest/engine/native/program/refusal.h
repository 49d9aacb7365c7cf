// What cannot be run: the caller names what was expected and what came.
#pragma once

#include <stdexcept>
#include <string>

namespace earnest {

[[noreturn]] inline void refuse(const std::string& message) { throw std::invalid_argument(message); }

}  // namespace earnest
