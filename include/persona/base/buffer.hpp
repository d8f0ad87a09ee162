// A byte buffer that is appended to and consumed from the front, without the zero-filling of std::vector.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "persona/base/bytes.hpp"

namespace persona {

/// Not thread-safe. Views are valid until the next append, prepare, clear or release.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity) { reserve(capacity); }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer taken(std::move(other));
    swap(taken);
    return *this;
  }

  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
  }

  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  std::size_t capacity() const { return capacity_; }
  ByteView view() const { return {data_.get() + begin_, size()}; }
  ByteSpan writable() { return {data_.get() + begin_, size()}; }  ///< the content

  /// At least `count` writable bytes after the content; commit() makes them content.
  ByteSpan prepare(std::size_t count) {
    if (capacity_ - end_ < count) {
      make_room(count);
    }
    return {data_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t count) { end_ += count; }

  void append(ByteView bytes) {
    if (bytes.empty()) {
      return;
    }
    std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }

  /// Drops `count` bytes from the front.
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) {
      clear();
    }
  }

  void clear() { begin_ = end_ = 0; }

  /// Frees the memory, as an idle connection does.
  void release() {
    data_.reset();
    begin_ = end_ = capacity_ = 0;
  }

  void reserve(std::size_t capacity) {
    if (capacity > capacity_) {
      move_to(capacity);
    }
  }

 private:
  void make_room(std::size_t count) {
    if (capacity_ - size() >= count && begin_ > 0) {
      std::memmove(data_.get(), data_.get() + begin_, size());
      end_ -= begin_;
      begin_ = 0;
      return;
    }
    move_to(std::max(capacity_ * 2, size() + count));
  }

  void move_to(std::size_t capacity) {
    auto grown = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
    const auto content = view();
    if (!content.empty()) {
      std::memcpy(grown.get(), content.data(), content.size());
    }
    data_ = std::move(grown);
    end_ = content.size();
    begin_ = 0;
    capacity_ = capacity;
  }

  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace persona
