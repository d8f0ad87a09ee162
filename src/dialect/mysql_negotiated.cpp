// MySQL and MariaDB whose TLS persona has negotiated. Their client has none: it is greeted without that
// capability, and its answer goes onward with it. The SSLRequest, which it has not sent, has taken a sequence
// number, so until authentication has ended the two sides count differently.
//
// What a client does that insists on TLS is up to it: it gives up before it answers. MariaDB's since 11.4
// insist unless they are told not to (--skip-ssl), or the connection is local.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "facades.hpp"
#include "mysql_packets.hpp"

namespace persona::dialect {

namespace {

constexpr std::size_t capabilities_seen = 2;  // bytes of them, at the beginning of a response
constexpr std::uint8_t ssl_in_second_byte = mysql_ssl >> 8U;

/// One direction, of which only the beginnings of packets are looked at.
class Packets {
 public:
  /// Takes the header of a packet and `wanted` bytes of its payload, or all if it has less. Nothing: they are
  /// not all there.
  std::optional<ByteSpan> begin(ByteView& bytes, std::size_t wanted) {
    take(bytes, mysql_header_size);
    if (kept_.size() < mysql_header_size) {
      return std::nullopt;
    }
    const std::size_t size = mysql_payload_size(kept_.view());
    const std::size_t looked_at = std::min(wanted, size);
    take(bytes, mysql_header_size + looked_at);
    if (kept_.size() < mysql_header_size + looked_at) {
      return std::nullopt;
    }
    passing_ = size - looked_at;
    continues_ = std::exchange(will_continue_, size == mysql_longest_packet);
    return kept_.writable();
  }

  /// Passes on what is kept of a packet.
  void pass_beginning(Buffer& onward) {
    onward.append(kept_.view());
    kept_.clear();
  }

  /// Passes on what of the packet's rest is there.
  void pass_rest(ByteView& bytes, Buffer& onward) {
    const std::size_t here = std::min(passing_, bytes.size());
    onward.append(bytes.first(here));
    bytes = bytes.subspan(here);
    passing_ -= here;
  }

  bool has_beginning() const { return !kept_.empty(); }
  bool has_rest() const { return passing_ > 0; }
  bool continues() const { return continues_; }  ///< the packet is a part of the one before it

 private:
  void take(ByteView& bytes, std::size_t size) {
    const std::size_t here = std::min(size - std::min(size, kept_.size()), bytes.size());
    kept_.append(bytes.first(here));
    bytes = bytes.subspan(here);
  }

  Buffer kept_;
  std::size_t passing_ = 0;
  bool will_continue_ = false;
  bool continues_ = false;
};

class NegotiatedMysql final : public Facade {
 public:
  void received(ByteView bytes, Buffer& onward, Buffer& answer) override {
    if (telling_ != Telling::waiting) {
      return;
    }
    sent_ = sent_ || !bytes.empty();
    if (regret_) {
      Buffer nowhere;
      pass_to_server(bytes, nowhere, answer);
      try_to_tell(answer);
      return;
    }
    pass_to_server(bytes, onward, answer);
  }

  void answered(ByteView bytes, Buffer& onward) override {
    if (stage_ == Stage::greeting) {
      pass_greeting(bytes, onward);
    }
    answered_ = answered_ || stage_ == Stage::over || !bytes.empty();
    while (stage_ == Stage::authentication && !bytes.empty()) {
      if (!server_.has_rest()) {
        look_at_server(bytes, onward);
      }
      server_.pass_rest(bytes, onward);
    }
    onward.append(bytes);
  }

  void received_end(Buffer& onward) override { client_.pass_beginning(onward); }

  void answered_end(Buffer& onward) override {
    onward.append(greeting_.view());
    greeting_.release();
    server_.pass_beginning(onward);
  }

  bool is_over() const override { return stage_ == Stage::over && !regret_ && !client_.has_beginning(); }

  bool awaits_answer() const override { return !answered_ && (!sent_ || responded_); }

  void regret(Regret regret, Buffer& answer) override {
    regret_ = std::move(regret);
    try_to_tell(answer);
  }

  Telling telling() const override { return telling_; }

 private:
  enum class Stage {
    greeting,        // it is not whole yet, and the client has nothing of it
    authentication,  // the client has it
    over,
  };

  // Everything in it stays but TLS.
  void pass_greeting(ByteView& bytes, Buffer& onward) {
    const auto take = [&](std::size_t size) {
      const std::size_t here = std::min(size - greeting_.size(), bytes.size());
      greeting_.append(bytes.first(here));
      bytes = bytes.subspan(here);
      return greeting_.size() == size;
    };
    if (greeting_.size() < mysql_header_size && !take(mysql_header_size)) {
      return;
    }
    const std::size_t size = mysql_header_size + mysql_payload_size(greeting_.view());
    if (size <= most_kept && !take(size)) {
      return;
    }
    stage_ = Stage::over;  // unless it is a greeting: an error, or what we do not know
    if (const auto found = mysql_greeting(greeting_.view()); found && found->lower_at > 0) {
      stage_ = Stage::authentication;
      clear(found->lower_at, mysql_ssl);
      if (found->upper_at > 0) {
        clear(found->upper_at, mysql_ssl_verify_server_cert >> 16U);
      }
    }
    onward.append(greeting_.view());
    greeting_.release();
  }

  void clear(std::size_t at, std::uint32_t capability) {
    const ByteSpan bytes = greeting_.writable().subspan(at, 2);
    bytes[0] &= static_cast<std::uint8_t>(~capability);
    bytes[1] &= static_cast<std::uint8_t>(~capability >> 8U);
  }

  void pass_to_server(ByteView bytes, Buffer& onward, Buffer& answer) {
    while (stage_ != Stage::over && !commands_ && !bytes.empty() && !(regret_ && responded_)) {
      if (!client_.has_rest() && !look_at_client(bytes, onward, answer)) {
        break;
      }
      client_.pass_rest(bytes, onward);
      responded_ = responded_ || (responding_ && !client_.has_rest());
    }
    if (stage_ == Stage::over || commands_) {
      client_.pass_beginning(onward);
      onward.append(bytes);
    }
  }

  // False: the packet does not begin yet, or is not for the server to count.
  bool look_at_client(ByteView& bytes, Buffer& onward, Buffer& answer) {
    const auto packet = client_.begin(bytes, responding_ ? 0 : capabilities_seen);
    if (!packet) {
      return false;
    }
    std::uint8_t& sequence = (*packet)[mysql_sequence_at];
    if (!std::exchange(responding_, true)) {
      listens_ = sequence == 1 && mysql_payload_size(*packet) <= most_kept;
      if (packet->size() == mysql_header_size + capabilities_seen && !add_tls(packet->back(), answer)) {
        return false;
      }
    } else if (sequence == 0 && !client_.continues()) {
      commands_ = true;  // a client need not wait for the end of authentication
      return false;
    }
    next_ = ++sequence;
    client_.pass_beginning(onward);
    return true;
  }

  // It was not offered: somebody who asks for it does not speak the protocol, but may listen.
  bool add_tls(std::uint8_t& capabilities, Buffer& answer) {
    if (listens_ && (capabilities & ssl_in_second_byte) != 0) {
      if (!regret_) {
        regret_ = {Regret::Kind::unreachable, "persona offers its clients no TLS, it adds that itself",
                   "switch it off in the client (--skip-ssl, ssl-mode=DISABLED)"};
      }
      tell(2, answer);
      return false;
    }
    capabilities |= ssl_in_second_byte;
    return true;
  }

  void look_at_server(ByteView& bytes, Buffer& onward) {
    const auto packet = server_.begin(bytes, 1);
    if (!packet) {
      return;
    }
    const bool says = packet->size() > mysql_header_size && !server_.continues();
    if (says && (packet->back() == mysql_ok || packet->back() == mysql_err)) {
      stage_ = Stage::over;
    }
    next_ = (*packet)[mysql_sequence_at]--;
    server_.pass_beginning(onward);
  }

  void try_to_tell(Buffer& answer) {
    if (telling_ != Telling::waiting) {
      return;
    }
    if (stage_ == Stage::greeting) {
      tell(0, answer);
    } else if (stage_ == Stage::over || !listens_ || server_.has_rest()) {
      telling_ = Telling::impossible;
    } else if (responded_) {
      tell(next_, answer);
    }
  }

  void tell(std::uint8_t sequence, Buffer& answer) {
    append_mysql_error(*regret_, sequence, answer);
    telling_ = Telling::told;
  }

  Stage stage_ = Stage::greeting;
  Buffer greeting_;
  Packets client_;
  Packets server_;
  bool sent_ = false;        // the client anything
  bool responding_ = false;  // the client has begun its answer to the greeting
  bool responded_ = false;   // and has ended it
  bool commands_ = false;    // the client has gone on after it
  bool answered_ = false;    // the server after its greeting
  bool listens_ = true;      // the client speaks the protocol
  std::uint8_t next_ = 0;    // sequence number that the client expects
  std::optional<Regret> regret_;
  Telling telling_ = Telling::waiting;
};

}  // namespace

std::unique_ptr<Facade> negotiated_mysql_facade() {
  return std::make_unique<NegotiatedMysql>();
}

}  // namespace persona::dialect
