// std::vector whose counts and indices are signed, as all others here are: one of the two places where they become
// size_t.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <utility>
#include <vector>

namespace earnest {

template <class T>
class Vector : public std::vector<T> {
  using Base = std::vector<T>;

 public:
  Vector() = default;
  explicit Vector(int64_t count) : Base(static_cast<size_t>(count)) {}
  Vector(int64_t count, const T& value) : Base(static_cast<size_t>(count), value) {}
  Vector(std::initializer_list<T> items) : Base(items) {}
  template <class Iterator, class = typename std::iterator_traits<Iterator>::iterator_category>
  Vector(Iterator begin, Iterator end) : Base(begin, end) {}

  int64_t size() const { return static_cast<int64_t>(Base::size()); }
  void resize(int64_t count) { Base::resize(static_cast<size_t>(count)); }
  void assign(int64_t count, const T& value) { Base::assign(static_cast<size_t>(count), value); }

  decltype(auto) operator[](int64_t index) { return Base::operator[](static_cast<size_t>(index)); }
  decltype(auto) operator[](int64_t index) const { return Base::operator[](static_cast<size_t>(index)); }
  // Checked: std::out_of_range, for a negative index too.
  decltype(auto) at(int64_t index) { return Base::at(static_cast<size_t>(index)); }
  decltype(auto) at(int64_t index) const { return Base::at(static_cast<size_t>(index)); }
};

}  // namespace earnest
