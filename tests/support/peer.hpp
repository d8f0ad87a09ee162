// The other end of an OpenSession, which says whatever a test wants to be said.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "persona/base/buffer.hpp"
#include "persona/tls/aead.hpp"
#include "persona/tls/key_schedule.hpp"
#include "persona/tls/record.hpp"
#include "tls/open_session.hpp"

namespace persona::tls::test {

inline constexpr std::uint16_t aes_128 = 0x1301;
inline constexpr std::uint16_t aes_256 = 0x1302;
inline constexpr std::uint16_t chacha20 = 0x1303;

// Secrets by direction; their content is of no account.
inline constexpr std::uint8_t client_sends = 0xc1;
inline constexpr std::uint8_t server_sends = 0x5e;

// HandshakeType, RFC 8446 section 4.
inline constexpr std::uint8_t new_session_ticket = 4;
inline constexpr std::uint8_t certificate_request = 13;
inline constexpr std::uint8_t key_update = 24;

template <class T>
T must(T value) {
  if (!value) {
    std::abort();
  }
  return value;
}

inline Bytes bytes_of(ByteView view) {
  return {view.begin(), view.end()};
}

/// One after the other. In braces, because their order of evaluation is that of the text.
inline Bytes join(std::initializer_list<ByteView> parts) {
  Bytes all;
  for (const ByteView part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

inline Secret secret_of(std::uint16_t suite, std::uint8_t fill) {
  return Secret(Bytes(hash_size(must(suite_hash(suite)).value()), fill));
}

inline RecordProtection protection(std::uint16_t suite, std::uint8_t fill,
                                   AeadProvider provider = default_aead_provider()) {
  return *must(RecordProtection::create(suite, secret_of(suite, fill), provider));
}

/// A handshake message with its header.
inline Bytes message(std::uint8_t type, ByteView body) {
  const std::size_t size = body.size();
  return join({Bytes{type, static_cast<std::uint8_t>(size >> 16), static_cast<std::uint8_t>(size >> 8),
                     static_cast<std::uint8_t>(size)},
               body});
}

inline Bytes key_update_message(bool requested) {
  return message(key_update, Bytes{static_cast<std::uint8_t>(requested ? 1 : 0)});
}

/// Seals records as RFC 8446 section 5.2 has them, and others that it forbids. Shares nothing with
/// RecordProtection but the AEAD and the key schedule.
class Forger {
 public:
  Forger(std::uint16_t suite, std::uint8_t fill)
      : hash_(must(suite_hash(suite)).value()),
        algorithm_(must(find_cipher_suite(suite))->aead),
        secret_(secret_of(suite, fill)) {
    derive();
  }

  /// `inner`: TLSInnerPlaintext, at least one byte.
  Bytes seal(ByteView inner, std::uint16_t version = 0x0303) {
    const std::size_t length = inner.size() + aead_tag_size;
    Bytes record(record_header_size + length);
    record[0] = 23;
    record[1] = static_cast<std::uint8_t>(version >> 8);
    record[2] = static_cast<std::uint8_t>(version);
    record[3] = static_cast<std::uint8_t>(length >> 8);
    record[4] = static_cast<std::uint8_t>(length);
    std::uint8_t nonce[aead_nonce_size];
    for (std::size_t i = 0; i < aead_nonce_size; ++i) {
      const std::size_t shift = 8 * (aead_nonce_size - 1 - i);
      nonce[i] = static_cast<std::uint8_t>(iv_[i] ^ (shift < 64 ? sequence_ >> shift : 0));
    }
    if (!key_->seal(nonce, ByteView(record).first(record_header_size), inner.first(inner.size() - 1),
                    inner.back(), record.data() + record_header_size)) {
      std::abort();
    }
    ++sequence_;
    return record;
  }

  Bytes record(std::uint8_t type, ByteView content, std::size_t padding = 0) {
    Bytes inner = bytes_of(content);
    inner.push_back(type);
    inner.resize(inner.size() + padding);
    return seal(inner);
  }
  Bytes record(ContentType type, ByteView content, std::size_t padding = 0) {
    return record(static_cast<std::uint8_t>(type), content, padding);
  }
  Bytes data(ByteView content, std::size_t padding = 0) {
    return record(ContentType::application_data, content, padding);
  }
  Bytes handshake(ByteView content) { return record(ContentType::handshake, content); }
  Bytes alert(std::uint8_t level, AlertDescription description) {
    return record(ContentType::alert, Bytes{level, static_cast<std::uint8_t>(description)});
  }

  /// A KeyUpdate; what is sealed after it is sealed under the next keys.
  Bytes update(bool requested) {
    Bytes sealed = handshake(key_update_message(requested));
    next_keys();
    return sealed;
  }
  void set_sequence(std::uint64_t sequence) { sequence_ = sequence; }
  void next_keys() {
    secret_ = next_traffic_secret(hash_, secret_.view());
    derive();
  }

 private:
  void derive() {
    Bytes key(aead_key_size(algorithm_));
    if (!expand_label(hash_, secret_.view(), "key", {}, key) ||
        !expand_label(hash_, secret_.view(), "iv", {}, iv_)) {
      std::abort();
    }
    key_ = must(AeadKey::create(algorithm_, key));
    sequence_ = 0;
  }

  Hash hash_;
  Aead algorithm_;
  Secret secret_;
  std::unique_ptr<AeadKey> key_;
  std::uint8_t iv_[aead_nonce_size] = {};
  std::uint64_t sequence_ = 0;
};

/// What a session has sent, opened.
class Reader {
 public:
  struct Record {
    ContentType type;
    Bytes content;

    bool is_alert(AlertDescription description) const {
      const std::uint8_t level = description == AlertDescription::close_notify ? 1 : 2;
      return type == ContentType::alert && content == Bytes{level, static_cast<std::uint8_t>(description)};
    }
    bool is_key_update(bool requested) const {
      return type == ContentType::handshake && content == key_update_message(requested);
    }
  };

  Reader(std::uint16_t suite, std::uint8_t fill) : protection_(protection(suite, fill)) {}

  /// Whole records only; follows KeyUpdate.
  std::vector<Record> read(Buffer& wire) {
    std::vector<Record> records;
    while (!wire.empty()) {
      const std::size_t size = whole_record(wire.view()).value_or(0);
      Bytes copy = bytes_of(wire.view().first(size));
      wire.consume(size);
      const auto opened = size > 0 ? protection_.open(copy) : tl::unexpected(AlertDescription::decode_error);
      if (!opened) {
        std::abort();
      }
      records.push_back({opened->type, bytes_of(opened->content)});
      if (opened->type == ContentType::handshake && opened->content[0] == key_update &&
          !protection_.update()) {
        std::abort();
      }
    }
    return records;
  }

  /// All application data that was sent.
  Bytes read_data(Buffer& wire) {
    Bytes all;
    for (const Record& record : read(wire)) {
      if (record.type == ContentType::application_data) {
        all.insert(all.end(), record.content.begin(), record.content.end());
      }
    }
    return all;
  }

 private:
  RecordProtection protection_;
};

/// An OpenSession with what its owner keeps for it: bytes of an incomplete record, plaintext, output.
class End {
 public:
  explicit End(OpenSession::Parts parts) : session_(std::make_unique<OpenSession>(std::move(parts))) {}

  /// Gets bytes, in whatever pieces.
  Status receive(ByteView bytes) {
    held_.append(bytes);
    Bytes whole = bytes_of(held_.view());
    held_.clear();
    ByteSpan rest(whole);
    pieces_.clear();
    const Status status = session_->open(rest, pieces_, output);
    for (const ByteView piece : pieces_.pieces) {
      plaintext.append(piece);
    }
    if (status == Status::want_input) {
      held_.append(rest);
    }
    return status;
  }

  bool send(ByteView bytes) { return session_->seal(bytes, output); }
  Bytes text() const { return bytes_of(plaintext.view()); }

  OpenSession& session() { return *session_; }
  OpenSession* operator->() { return session_.get(); }

  Buffer plaintext;  ///< received
  Buffer output;     ///< to be sent

 private:
  std::unique_ptr<OpenSession> session_;
  Buffer held_;
  Plaintext pieces_;
};

/// The parts of a session in `context`'s role.
inline OpenSession::Parts parts_of(std::shared_ptr<const Context> context, std::uint16_t suite,
                                   KeyLimits limits = {}, std::unique_ptr<TicketBank> bank = nullptr,
                                   AeadProvider provider = default_aead_provider()) {
  const bool client = context->options().role == Role::client;
  return {std::move(context),
          SessionInfo(),
          protection(suite, client ? client_sends : server_sends, provider),
          protection(suite, client ? server_sends : client_sends, provider),
          std::move(bank),
          limits};
}

}  // namespace persona::tls::test
