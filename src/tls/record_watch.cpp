#include "record_watch.hpp"

#include <algorithm>

namespace persona::tls {

namespace {

constexpr std::uint8_t change_cipher_spec = 20;

}  // namespace

void RecordWatch::take(ByteView bytes) {
  while (!bytes.empty()) {
    if (header_size_ < record_header_size) {
      header_[header_size_++] = bytes[0];
      bytes = bytes.subspan(1);
      if (header_size_ == record_header_size) {
        begin();
      }
    }
    const std::size_t body = std::size_t{header_[3]} << 8U | header_[4];
    if (header_size_ == record_header_size) {
      const std::size_t taken = std::min(body - body_size_, bytes.size());
      body_size_ += taken;
      bytes = bytes.subspan(taken);
      if (body_size_ == body) {
        header_size_ = body_size_ = 0;
      }
    }
  }
}

void RecordWatch::begin() {
  const bool ignored = header_[0] == change_cipher_spec;
  began_without_hello_ = began_without_hello_ || (!begun_ && ignored);
  begun_ = true;
  if (ignored || header_[0] == static_cast<std::uint8_t>(ContentType::alert)) {
    ++empty_;
  }
}

}  // namespace persona::tls
