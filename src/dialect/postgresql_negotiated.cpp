// PostgreSQL whose TLS persona has negotiated. Its client has none, and libpq refuses what was offered for
// TLS alone ("server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection"): that is left out
// of the server's first answer.
#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "facades.hpp"
#include "numbers.hpp"

namespace persona::dialect {

namespace {

constexpr std::size_t head_size = 5;  // a type, and a length which counts itself
constexpr std::size_t code_size = 4;
constexpr std::uint32_t sasl = 10;  // AuthenticationSASL
constexpr std::string_view needs_tls = "-PLUS";

/// What the server sends up to its first word on authentication.
class Offer {
 public:
  bool is_over() const { return over_; }

  void received(ByteView bytes, Buffer& onward) {
    const std::size_t passing = over_ ? bytes.size() : std::min(passing_, bytes.size());
    onward.append(bytes.first(passing));
    passing_ -= std::min(passing_, passing);
    kept_.append(bytes.subspan(passing));
    while (!over_ && look(onward)) {
    }
    if (over_) {
      onward.append(kept_.view());
      kept_.release();
    }
  }

  void ended(Buffer& onward) {
    onward.append(kept_.view());
    kept_.release();
  }

 private:
  // False: more is needed.
  bool look(Buffer& onward) {
    const ByteView bytes = kept_.view();
    if (bytes.empty()) {
      return false;
    }
    const bool asks = bytes[0] == 'R';
    if (!asks && bytes[0] != 'N' && bytes[0] != 'v') {  // NoticeResponse, NegotiateProtocolVersion
      over_ = true;
      return false;
    }
    if (bytes.size() < head_size) {
      return false;
    }
    const std::size_t size = 1 + static_cast<std::size_t>(big_endian_32(bytes, 1));
    if (size < head_size) {
      over_ = true;
      return false;
    }
    if (!asks) {
      pass(size, onward);
      return true;
    }
    if (bytes.size() < head_size + code_size && size >= head_size + code_size) {
      return false;
    }
    if (size < head_size + code_size || size > Facade::most_kept || big_endian_32(bytes, head_size) != sasl) {
      over_ = true;
      return false;
    }
    if (bytes.size() < size) {
      return false;
    }
    append_without_binding(bytes.first(size), onward);
    kept_.consume(size);
    over_ = true;
    return false;
  }

  void pass(std::size_t size, Buffer& onward) {
    const std::size_t here = std::min(size, kept_.size());
    onward.append(kept_.view().first(here));
    kept_.consume(here);
    passing_ = size - here;
  }

  // Names, each with its NUL, and an empty one.
  static void append_without_binding(ByteView message, Buffer& onward) {
    std::string_view names = as_text(message.subspan(head_size + code_size));
    std::string left;
    while (!names.empty()) {
      const std::string_view name = names.substr(0, names.find('\0'));
      if (name.empty() || name.size() == names.size()) {
        break;
      }
      names.remove_prefix(name.size() + 1);
      if (!name.ends_with(needs_tls)) {
        left.append(name).push_back('\0');
      }
    }
    if (left.empty()) {
      onward.append(message);
      return;
    }
    left.append(names);
    constexpr std::array<std::uint8_t, 1> authentication = {'R'};
    onward.append(authentication);
    onward.append(as_big_endian_32(static_cast<std::uint32_t>(head_size - 1 + code_size + left.size())));
    onward.append(as_big_endian_32(sasl));
    onward.append(as_bytes(left));
  }

  Buffer kept_;
  std::size_t passing_ = 0;  // bytes of a message that passes
  bool over_ = false;
};

class NegotiatedPostgresql final : public Facade {
 public:
  void received(ByteView bytes, Buffer& onward, Buffer& answer) override {
    client_->received(bytes, onward, answer);
  }
  void answered(ByteView bytes, Buffer& onward) override {
    Buffer seen;
    client_->answered(bytes, seen);
    offer_.received(seen.view(), onward);
  }
  void received_end(Buffer& onward) override { client_->received_end(onward); }
  void answered_end(Buffer& onward) override { offer_.ended(onward); }
  bool is_over() const override { return client_->is_over() && offer_.is_over(); }
  bool awaits_answer() const override { return client_->awaits_answer(); }
  void regret(Regret regret, Buffer& answer) override { client_->regret(std::move(regret), answer); }
  Telling telling() const override { return client_->telling(); }

 private:
  const std::unique_ptr<Facade> client_ = postgresql_facade();
  Offer offer_;
};

}  // namespace

std::unique_ptr<Facade> negotiated_postgresql_facade() {
  return std::make_unique<NegotiatedPostgresql>();
}

}  // namespace persona::dialect
